import { ask, byId, make, root, tell } from "./talk.js";

let key = "";

const LONGEST = 90;
const shorten = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST).replace(/\s+\S*$/, "")} …` : text);

async function load() {
  tell(null);
  try {
    const all = await ask("/replies", { key });
    byId("give-key").hidden = true;
    byId("desk").hidden = false;
    byId("count").textContent = `${all.length} ${all.length === 1 ? "reply" : "replies"}, ${all.filter((one) => one.standing === "held").length} held`;
    const order = { held: 0, shown: 1, hidden: 2 };
    all.sort((a, b) => order[a.standing] - order[b.standing] || b.reply - a.reply);
    byId("replies").replaceChildren(...all.map((one) =>
      make("li", { class: one.standing }, make("p", { class: "small" }, `${one.name} · `, make("strong", { text: one.standing }), " under ", make("a", { href: `${root}/cases/${one.case}#${one.anchor}`, text: `${one.case}, ${shorten(one.under || one.anchor)}` })),
        make("p", { class: "said", text: one.text }),
        make("p", { class: "row" }, ...["shown", "held", "hidden"].filter((two) => two !== one.standing).map((two) =>
          make("button", { type: "button", class: "quiet slight", "data-reply": one.reply, "data-standing": two, text: { shown: "Show", held: "Hold", hidden: "Hide" }[two] }))))));
    if (!all.length) byId("replies").append(make("li", { class: "small", text: "Nobody has replied yet." }));
  } catch (error) {
    tell(error);
  }
}

byId("give-key").addEventListener("submit", (event) => {
  event.preventDefault();
  key = byId("key").value.trim();
  load();
});
byId("replies").addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-reply]");
  if (!button) return;
  try {
    await ask(`/replies/${button.dataset.reply}/${button.dataset.standing}`, { key, method: "POST" });
    load();
  } catch (error) {
    tell(error);
  }
});
byId("export").addEventListener("click", async () => {
  let all;
  try {
    all = await ask("/replies", { key });
  } catch (error) {
    tell(error);
    return;
  }
  const file = new Blob([JSON.stringify(all, null, 2)], { type: "application/json" });
  const link = make("a", { href: URL.createObjectURL(file), download: "replies.json" });
  link.click();
  URL.revokeObjectURL(link.href);
});
