// The page of a case: whatever is set goes into the address, and what depends on it is fetched and put in its place.
import { Asker, fetched } from "./live.js";

const root = document.getElementById("case");
const path = root.dataset.path;
const form = document.getElementById("controls");
const question = document.getElementById("question");
const page = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
const find = (id) => document.getElementById(id);
// the parts that were asked for and stand in the page
const shown = new Set(root.dataset.show.split(" ").filter(Boolean));
// of each picture: its turn, and when its input, its question, its answer, the change of the page and the paint came,
// in milliseconds of this page's clock; for whoever measures
window.blocsTimes = [];

// ---- the address ------------------------------------------------------------------------------------------------
function circumstances() {
  const query = new URLSearchParams();
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") {
      if (field.checked) query.append(field.name, field.value);
    } else if (field.dataset.stated === undefined) {
      query.append(field.name, field.value);
    } else if (field.value !== field.dataset.stated) {
      query.append(field.name, field.value);
    }
  }
  return query;
}

function asked() {
  const query = new URLSearchParams();
  if (find("at").value) {
    query.set("at", find("at").value);
    query.set("role", find("role").value);
    if (find("option").value) query.set("why", find("option").value);
  }
  return query;
}

function state() {
  const query = circumstances();
  const moment = shownMoment();
  if (moment && moment.dataset.moment !== "0") query.set("date", moment.dataset.date);
  for (const [key, value] of asked()) query.set(key, value);
  for (const part of shown) query.append("show", part);
  if (shown.has("drivers")) query.set("outcome", find("outcome").value);
  return query;
}

function remember() {
  const query = state().toString();
  history.replaceState(null, "", (query ? `${path}?${query}` : path) + location.hash);
  find("address").href = query ? `${path}?${query}` : path;
  const now = circumstances().toString();
  for (const link of document.querySelectorAll("[data-take]")) link.href = `${path}/${link.dataset.take}?${now}`;
  find("reset").disabled = !now;
}

// browsers refuse too many changes of the address in a short time: it is brought up to date when hands rest
let resting = 0;
function rememberSoon() {
  clearTimeout(resting);
  // sections out of sight need not be looked at for every picture
  root.classList.add("dragged");
  resting = setTimeout(() => {
    root.classList.remove("dragged");
    remember();
  }, 250);
}

// a picture fetched for one width does for the other only until it is drawn anew
const small = matchMedia("(max-width: 44rem)");
small.addEventListener("change", () => asker.put({ query: circumstances().toString(), rest: true }));

// ---- what if ----------------------------------------------------------------------------------------------------
// While something is dragged only pictures in sight are sent and drawn; the others follow when hands rest.
const pictures = ["endings", "survival", "field"];
const seen = new Set(pictures);
// those that are of circumstances before the last change
const stale = new Set();
const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) seen[isIntersecting ? "add" : "delete"](target.id);
});
for (const id of pictures) sight.observe(find(id));
let catching = 0;
function catchUp() {
  if (stale.size && !asker.busy) asker.put({ query: circumstances().toString(), rest: true });
}

// what is the same is left alone: a text that is set anew is laid out anew
function say(place, words) { if (place.textContent !== words) place.textContent = words; }
const odds = [...document.querySelectorAll("[data-odds]")];

const asker = new Asker(
  (one) => {
    one.asked = performance.now();
    const wanted = one.rest ? pictures : [...seen];
    const size = small.matches ? "narrow" : "wide";
    const parts = wanted.map((id) => `&part=${id}`).join("");
    return fetched(`${path}/live?${one.query}&page=${page}&turn=${one.turn}&size=${size}${parts}`);
  },
  (answer, one) => {
    const answered = performance.now();
    find("wrong").hidden = true;
    for (const id of pictures) stale.add(id);
    for (const [id, picture] of Object.entries(answer.parts)) {
      find(id).innerHTML = picture;
      stale.delete(id);
    }
    say(find("headline"), answer.headline);
    say(find("notice"), answer.notice);
    find("notice").hidden = !answer.notice;
    for (const place of odds) say(place, answer.odds[place.dataset.odds] ?? "–");
    for (const [name, [sd, shown]] of Object.entries(answer.values)) {
      if (find(`sd.${name}`).value === sd) say(find(`out-sd.${name}`), shown);
    }
    find("results").classList.toggle("solving", Boolean(asker.waiting));
    root.toggleAttribute("data-stale", stale.size > 0);
    clearTimeout(catching);
    catching = setTimeout(catchUp, 250);
    if (one.rest) return;
    const { at, asked, turn } = one;
    const changed = performance.now();
    // a message that is sent before a paint is handled after it
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.blocsTimes.push({ turn, at, asked, answered, changed, painted: performance.now() });
      port2.postMessage(null);
    });
  },
  (problem) => {
    find("results").classList.remove("solving");
    find("wrong").textContent = problem.message;
    find("wrong").hidden = false;
  },
);

function solve(at) {
  find("results").classList.add("solving");
  asker.put({ query: circumstances().toString(), at });
  rememberSoon();
}

function mark(field) {
  const knob = field.closest(".knob");
  if (!knob) return;
  knob.classList.toggle("moved", field.value !== field.dataset.stated);
  const place = find(`out-${field.id}`);
  // what a parameter is worth at a number of standard deviations the server knows
  if (place && field.name.startsWith("set.")) place.value = field.value;
}

form.addEventListener("input", (event) => {
  if (!event.target.name) return;
  mark(event.target);
  solve(event.timeStamp);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  solve();
});

find("reset").addEventListener("click", () => {
  for (const field of form.elements) {
    if (field.dataset.stated !== undefined) {
      field.value = field.dataset.stated;
      mark(field);
    }
    if (field.type === "checkbox") field.checked = false;
  }
  find("forces").replaceChildren();
  solve();
  form.querySelector("summary").focus();
});

find("address").addEventListener("click", async (event) => {
  event.preventDefault();
  remember();
  const words = event.target.textContent;
  try {
    await navigator.clipboard.writeText(find("address").href);
    event.target.textContent = "Copied";
  } catch {
    event.target.textContent = "It is the address of this page";
  }
  setTimeout(() => { event.target.textContent = words; }, 2000);
});

find("add-force").addEventListener("click", () => {
  const move = `${find("force-date").value} ${find("force-option").value}`;
  for (const field of form.querySelectorAll("[name=force]")) if (field.value === move) return;
  const item = document.createElement("li");
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "force", value: move });
  const button = Object.assign(document.createElement("button"), {
    type: "button", className: "quiet slight", textContent: "Take away", ariaLabel: `Take away: ${move}`,
  });
  item.append(field, `${move} `, button);
  find("forces").append(item);
  solve();
});
find("forces").addEventListener("click", (event) => {
  if (event.target.localName !== "button") return;
  event.target.closest("li").remove();
  find("add-force").focus();
  solve();
});

find("filter").addEventListener("input", () => {
  const wanted = find("filter").value.trim().toLowerCase();
  for (const knob of find("parameters").children) knob.hidden = !knob.dataset.name.toLowerCase().includes(wanted);
});
find("filter").addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });

// ---- the story --------------------------------------------------------------------------------------------------
const moments = [...document.querySelectorAll("[data-moment]")];
function shownMoment() { return moments.find((one) => !one.hidden); }

function showMoment(number, scroll) {
  for (const one of moments) one.hidden = one.dataset.moment !== String(number);
  const moment = moments[number];
  find("moment").textContent = moment.dataset.date;
  find("date").setAttribute("aria-valuetext", moment.dataset.date);
  let first = null;
  for (const entry of find("course").children) {
    const here = entry.dataset.step === String(number);
    entry.classList.toggle("now", here);
    if (here && !first) first = entry;
  }
  // the list alone is scrolled, never the page
  if (first && scroll) find("course").scrollTop = first.offsetTop - 8;
}
if (moments.length) {
  find("date").addEventListener("input", () => {
    showMoment(Number(find("date").value), true);
    rememberSoon();
  });
  showMoment(Number(find("date").value), Number(find("date").value) > 0);
}

// ---- parts that are fetched when they are asked for -------------------------------------------------------------
// What takes longer than two seconds says how far it has come, and how long the rest will take.
function follow(place) {
  return setInterval(async () => {
    const far = await fetched(`${root.dataset.progress}/${page}`).catch(() => ({ done: 0 }));
    if (!far.done || far.seconds < 2 || !place.classList.contains("busy")) return;
    const left = Math.ceil((far.seconds * (far.total - far.done)) / far.done);
    const said = `${far.done} of ${far.total} solutions, about ${left} s to go`;
    const bar = Object.assign(document.createElement("progress"), { max: far.total, value: far.done });
    bar.setAttribute("aria-label", said);
    place.replaceChildren(bar, ` ${said}`);
  }, 700);
}

async function fill(place, address, button, long = false) {
  place.classList.add("waiting");
  place.setAttribute("aria-busy", "true");
  if (!place.firstElementChild) place.textContent = "Solving";
  place.classList.add("busy");
  if (button) button.disabled = true;
  const following = long ? follow(place) : 0;
  try {
    place.innerHTML = (await fetched(address)).html;
  } catch (problem) {
    const told = Object.assign(document.createElement("p"), { className: "notice wrong", textContent: problem.message });
    place.replaceChildren(told);
  }
  clearInterval(following);
  place.classList.remove("waiting", "busy");
  place.removeAttribute("aria-busy");
  if (button) button.disabled = false;
}

function explain() {
  const query = circumstances();
  for (const [key, value] of asked()) query.set(key, value);
  remember();
  find("answers").classList.remove("old");
  if (find("at").value) fill(find("answers"), `${path}/why?${query}`, question.querySelector("button"));
}
question.addEventListener("submit", (event) => {
  event.preventDefault();
  explain();
});
function ownOptions() {
  for (const option of find("option").options) option.hidden = !!option.dataset.role && option.dataset.role !== find("role").value;
  if (find("option").selectedOptions[0]?.hidden) find("option").value = "";
}
find("role").addEventListener("change", ownOptions);
ownOptions();
root.addEventListener("click", (event) => {
  const link = event.target.closest("a.ask");
  if (!link) return;
  event.preventDefault();
  find("at").value = link.dataset.at;
  find("role").value = link.dataset.role;
  ownOptions();
  find("option").value = link.dataset.why;
  find("why").scrollIntoView();
  explain();
});
// what was solved for other circumstances says so until it is asked for again
const parts = {
  draws: { place: find("draws"), button: find("ask-draws") },
  beside: { place: find("beside-part"), button: find("ask-beside") },
  drivers: { place: find("drivers-part"), button: find("ask-drivers") },
};
function ask(name) {
  const { place, button } = parts[name];
  if (!place) return;
  const query = circumstances();
  if (name === "drivers") query.set("outcome", find("outcome").value);
  shown.add(name);
  remember();
  place.classList.remove("old");
  if (name === "draws") query.set("page", page);
  fill(place, `${path}/${name}?${query}`, button, name === "draws");
}
for (const name of Object.keys(parts)) {
  parts[name].button?.addEventListener("click", () => ask(name));
  if (shown.has(name)) ask(name);
}
form.addEventListener("input", () => {
  for (const { place } of [...Object.values(parts), { place: find("answers") }]) {
    if (place?.firstElementChild) place.classList.add("old");
  }
});
