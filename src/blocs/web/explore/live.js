// One question at a time: while an answer is on its way only the newest of the questions that came up meanwhile is kept.
// So a picture follows a drag at the pace at which the server solves, and no answer to an old question is waited for.
export class Asker {
  // ask(question) returns a promise; shown(answer, question, milliseconds since `question.at`) is called in order
  constructor(ask, shown, failed) {
    this.ask = ask;
    this.shown = shown;
    this.failed = failed;
    this.turn = 0;
    this.waiting = null;
    this.busy = false;
  }

  put(question) {
    this.waiting = { ...question, at: question.at ?? performance.now(), turn: ++this.turn };
    if (!this.busy) this.next();
  }

  async next() {
    const question = this.waiting;
    this.waiting = null;
    this.busy = true;
    try {
      this.shown(await this.ask(question), question);
    } catch (problem) {
      // what a newer question overtook needs no word
      if (problem.status !== 409 && !this.waiting) this.failed(problem, question);
    }
    this.busy = false;
    if (this.waiting) this.next();
  }
}

export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// Fetch JSON; a problem is an exception with a sentence for the reader.
export async function fetched(address) {
  let answer;
  try {
    answer = await fetch(address, { headers: { accept: "application/json" } });
  } catch {
    throw new Problem(0, "The server cannot be reached. What is shown stays; try again in a moment.");
  }
  if (answer.ok) return answer.json();
  const text = await answer.text();
  const page = new DOMParser().parseFromString(text, "text/html");
  const said = page.querySelector("main .lead")?.textContent;
  throw new Problem(answer.status, said || `The server answered with ${answer.status}.`);
}
