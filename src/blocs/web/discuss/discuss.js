// Replies under the events of a case's story: a button at each, a thread below it once it is opened.
import { ask, make } from "./talk.js";

const path = document.getElementById("case").dataset.path.split("/");
const name = path[path.indexOf("cases") + 1];
let replies = [];

const entries = [...document.querySelectorAll("#course > li[id^='move-'], #course > li[id^='remark-']")];

function day(at) {
  return new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

// `sent` is given the reply that was made. What is being sent cannot be changed, so that nothing typed meanwhile is lost.
function form(anchor, parent, sent) {
  const id = `reply-${anchor}-${parent ?? 0}`;
  const wrong = make("p", { class: "notice wrong", role: "alert", hidden: true });
  const text = make("textarea", { id: `${id}-text`, rows: 3, maxlength: 4000, required: true });
  const called = make("input", { id: `${id}-name`, maxlength: 40, required: true, autocomplete: "off" });
  const send = make("button", { class: "slight", text: "Send" });
  const one = make("form", { class: "reply-form" },
    make("div", { class: "field" }, make("label", { for: text.id, text: parent ? "Your answer" : "Your reply" }), text),
    make("div", { class: "field" }, make("label", { for: called.id, text: "Your name" }), called),
    wrong, make("p", {}, send));
  const locked = (yes) => [text, called].forEach((field) => { field.readOnly = yes; });
  one.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (text.readOnly) return;
    locked(true);
    wrong.hidden = true;
    try {
      const made = await ask(`/cases/${name}/replies`, { body: { anchor, parent, name: called.value, text: text.value } });
      if (made.held) {
        one.replaceChildren(make("p", { class: "notice", role: "status", text: "Thank you. Your reply will be shown once the moderator has looked at it." }));
        return;
      }
      text.value = "";
      sent(made);
    } catch (error) {
      wrong.hidden = false;
      wrong.textContent = error.message;
    } finally {
      locked(false);
    }
  });
  return one;
}

// A reply with the answers to it, and a button that opens a form for one more.
function shown(made, counted) {
  const answer = make("button", { type: "button", class: "quiet slight", text: "Answer" });
  const answers = thread(made.anchor, made.reply, counted);
  answer.addEventListener("click", () => {
    const opened = form(made.anchor, made.reply, (sent) => {
      opened.replaceWith(answer);
      added(answers, sent, counted);
    });
    answer.replaceWith(opened);
    opened.querySelector("textarea").focus();
  });
  return make("li", { "data-reply": made.reply, tabindex: -1 },
    make("p", { class: "small", text: `${made.name} · ${day(made.at)}` }), make("p", { class: "said", text: made.text }), answer, answers);
}

function thread(anchor, parent, counted) {
  const mine = replies.filter((one) => one.anchor === anchor && one.parent === parent);
  return make("ol", { class: "replies" }, ...mine.map((one) => shown(one, counted)));
}

// Put what was sent at the end of its thread, and take whoever sent it there. Other forms keep what is written in them.
function added(list, made, counted) {
  replies.push(made);
  const one = shown(made, counted);
  list.append(one);
  counted();
  one.focus();
}

function put(entry) {
  const summary = make("summary");
  const counted = () => {
    const count = replies.filter((one) => one.anchor === entry.id).length;
    summary.textContent = count ? `${count} ${count === 1 ? "reply" : "replies"}` : "Reply";
  };
  counted();
  const list = thread(entry.id, null, counted);
  entry.append(make("div", { class: "discuss" }, make("details", {}, summary, list, form(entry.id, null, (made) => added(list, made, counted)))));
}

try {
  replies = await ask(`/cases/${name}/replies`);
  entries.forEach(put);
} catch {
  // the story can be read without replies
}
