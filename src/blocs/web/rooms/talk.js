// Talking to the server, keeping keys in this browser, and making elements. Text is only ever put in as text.

export const root = document.documentElement.dataset.root;

export class Refused extends Error {
  constructor(status, told) {
    super([told.detail, told.hint].filter(Boolean).join(" "));
    this.status = status;
  }
}

// Ask the API; a body makes it a write. A refusal is thrown as `Refused`, a lost connection as whatever `fetch` throws.
export async function ask(path, { key, body, method, signal } = {}) {
  const headers = {};
  if (key) headers.authorization = `Bearer ${key}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(`${root}/api${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    cache: "no-store",
  });
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}.` }));
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

// What this browser holds of a room: {key, table, role, name} under "seat", {key} under "host".
export function held(kind, code) {
  try {
    return JSON.parse(localStorage.getItem(`blocs.${kind}.${code}`));
  } catch {
    return null;
  }
}

export function hold(kind, code, value) {
  if (value === null) localStorage.removeItem(`blocs.${kind}.${code}`);
  else localStorage.setItem(`blocs.${kind}.${code}`, JSON.stringify(value));
}

export function allHeld(kind) {
  const start = `blocs.${kind}.`;
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(start))
    .map((name) => [name.slice(start.length), held(kind, name.slice(start.length))])
    .filter(([, value]) => value);
}

export function make(name, { text, ...attributes } = {}, ...children) {
  const one = document.createElement(name);
  if (text !== undefined) one.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) one.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) one.setAttribute(key, value);
  }
  one.append(...children.filter((child) => child !== null && child !== undefined));
  return one;
}

export const byId = (id) => document.getElementById(id);

export function tell(error) {
  const place = byId("wrong");
  place.hidden = !error;
  place.textContent = error ? error.message : "";
  if (error) place.scrollIntoView({ block: "nearest" });
}

export const percent = (p) =>
  p === 0 ? "0 %" : p < 0.0005 ? "<0.1 %" : p > 0.9995 && p < 1 ? ">99.9 %" : `${(100 * p).toFixed(p === 1 ? 0 : 1)} %`;

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

export function dateWords(label) {
  const month = /^(\d{4})-(\d{2})$/.exec(label);
  if (month) return `${MONTHS[Number(month[2]) - 1]} ${month[1]}`;
  const part = /^(\d{4})-([QH])([1-4])$/.exec(label);
  if (part) return `${part[2] === "Q" ? ["first", "second", "third", "fourth"][part[3] - 1] + " quarter" : ["first", "second"][part[3] - 1] + " half"} of ${part[1]}`;
  return label;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// Follow a view of the server for ever: ask for what differs from the last version, and try again after any failure.
export async function follow(path, key, show, refused) {
  let version = -1;
  let pause = 500;
  for (;;) {
    try {
      const wait = version < 0 ? 0 : 20;
      const limit = AbortSignal.timeout((wait + 15) * 1000);
      const seen = await ask(`${path}?after=${version}&wait=${wait}`, { key, signal: limit });
      byId("lost").hidden = true;
      pause = 500;
      if (seen.version !== version) {
        version = seen.version;
        show(seen);
      } else show(seen, true);
    } catch (error) {
      if (error instanceof Refused && [401, 403, 404, 410].includes(error.status)) {
        refused(error);
        return;
      }
      byId("lost").hidden = false;
      // a class that lost its server should not come back all in one moment
      await new Promise((done) => setTimeout(done, pause * (0.5 + Math.random())));
      pause = Math.min(pause * 1.6, 8000);
    }
  }
}
