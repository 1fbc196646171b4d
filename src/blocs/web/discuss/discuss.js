// Replies under the events of a case's story: a button at each, a thread below it once it is opened.
import { ask, make } from "./talk.js";

const path = document.getElementById("case").dataset.path.split("/");
const name = path[path.indexOf("cases") + 1];
let replies = [];

const entries = [...document.querySelectorAll("#course > li[id^='move-'], #course > li[id^='remark-']")];

function day(at) {
  return new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

function form(anchor, parent, done) {
  const id = `reply-${anchor}-${parent ?? 0}`;
  const wrong = make("p", { class: "notice wrong", role: "alert", hidden: true });
  const one = make("form", { class: "reply-form" },
    make("div", { class: "field" }, make("label", { for: `${id}-text`, text: parent ? "Your answer" : "Your reply" }),
      make("textarea", { id: `${id}-text`, rows: 3, maxlength: 4000, required: true })),
    make("div", { class: "field" }, make("label", { for: `${id}-name`, text: "Your name" }),
      make("input", { id: `${id}-name`, maxlength: 40, required: true, autocomplete: "off" })),
    wrong, make("p", {}, make("button", { class: "slight", text: "Send" })));
  one.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [text, input] = [one.querySelector("textarea"), one.querySelector("input")];
    try {
      const made = await ask(`/cases/${name}/replies`, { body: { anchor, parent, name: input.value, text: text.value } });
      if (made.held) {
        one.replaceChildren(make("p", { class: "notice", role: "status", text: "Thank you. Your reply will be shown once the moderator has looked at it." }));
        return;
      }
      replies.push(made);
      done(made.reply);
    } catch (error) {
      wrong.hidden = false;
      wrong.textContent = error.message;
    }
  });
  return one;
}

function thread(anchor, parent, redraw) {
  const mine = replies.filter((one) => one.anchor === anchor && one.parent === parent);
  return make("ol", { class: "replies" }, ...mine.map((one) => {
    const answer = make("button", { type: "button", class: "quiet slight", text: "Answer" });
    const made = make("li", { "data-reply": one.reply, tabindex: -1 }, make("p", { class: "small", text: `${one.name} · ${day(one.at)}` }), make("p", { class: "said", text: one.text }), answer, thread(anchor, one.reply, redraw));
    answer.addEventListener("click", () => {
      const opened = form(anchor, one.reply, redraw);
      answer.replaceWith(opened);
      opened.querySelector("textarea").focus();
    });
    return made;
  }));
}

function put(entry) {
  const place = make("div", { class: "discuss" });
  // whoever has sent a reply is taken to it: the form that held the focus is gone
  const redraw = (sent) => {
    const count = replies.filter((one) => one.anchor === entry.id).length;
    const box = make("details", { open: place.querySelector("details")?.open ?? false },
      make("summary", { text: count ? `${count} ${count === 1 ? "reply" : "replies"}` : "Reply" }),
      thread(entry.id, null, redraw), form(entry.id, null, redraw));
    place.replaceChildren(box);
    if (sent) box.querySelector(`[data-reply="${sent}"]`)?.focus();
  };
  redraw();
  entry.append(place);
}

try {
  replies = await ask(`/cases/${name}/replies`);
  entries.forEach(put);
} catch {
  // the story can be read without replies
}
