import { allHeld, ask, byId, hold, make, root, tell } from "./talk.js";

const known = JSON.parse(byId("known-roles").textContent);
const alone = byId("start-alone");
const opening = byId("open-room");

byId("case").addEventListener("change", (event) => {
  const several = Boolean(opening);
  byId("roles").replaceChildren(
    ...Object.entries(known[event.target.value]).map(([role, actor], number) =>
      make("label", { class: "tick" },
        make("input", { type: several ? "checkbox" : "radio", name: "role", value: role, checked: several || number === 0 }),
        ` ${actor} `, make("span", { class: "small", text: role }))),
  );
});

async function busy(form, work) {
  const button = form.querySelector("button");
  button.disabled = true;
  byId("busy").textContent = "The case is being solved; the first time takes a few seconds …";
  tell(null);
  try {
    await work();
  } catch (error) {
    tell(error);
    button.disabled = false;
  }
  byId("busy").textContent = "";
}

alone?.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(alone);
  busy(alone, async () => {
    const room = await ask("/rooms", {
      body: { case: given.get("case"), people: [given.get("role")], advise: given.has("advise") },
    });
    const seat = await ask(`/rooms/${room.code}/seats`, { body: { name: given.get("name"), role: given.get("role") } });
    hold("seat", room.code, seat);
    location.assign(`${root}/rooms/${room.code}`);
  });
});

opening?.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(opening);
  busy(opening, async () => {
    const room = await ask("/rooms", {
      body: {
        case: given.get("case"),
        people: given.getAll("role"),
        tables: Number(given.get("tables")),
        title: given.get("title"),
        seconds: given.get("seconds") ? Number(given.get("seconds")) : null,
        advise: given.has("advise"),
      },
    });
    hold("host", room.code, { key: room.host_key });
    location.assign(`${root}/rooms/${room.code}/host`);
  });
});

byId("join-room")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell(null);
  try {
    const room = await ask(`/rooms/${encodeURIComponent(byId("code").value.trim())}`);
    location.assign(`${root}/rooms/${room.code}`);
  } catch (error) {
    tell(error);
  }
});

const kind = opening ? "host" : "seat";
const mine = allHeld(kind);
byId("mine").hidden = mine.length === 0;
byId("mine-list").replaceChildren(
  ...mine.slice(-8).map(([code, seat]) =>
    make("li", {}, make("a", { href: `${root}/rooms/${code}${opening ? "/host" : ""}`, class: "code", text: code }),
      seat.role ? ` as ${seat.role}` : "")),
);
