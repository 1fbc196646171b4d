import { ask, byId, capital, dateWords, follow, held, hold, make, percent, root, tell } from "./talk.js";

const code = byId("room").dataset.code;
// a link with the key behind the # moves a room to another browser; it is never sent to the server as part of an address
if (location.hash.startsWith("#key=")) {
  hold("host", code, { key: location.hash.slice(5) });
  history.replaceState(null, "", location.pathname);
}
let key = held("host", code)?.key;
let seen = null;
let filled = "";

const host = (path, body, method) => ask(`/rooms/${code}/host${path}`, { key, body, method });

async function act(work, said) {
  tell(null);
  try {
    const told = await work();
    byId("status").hidden = !said;
    byId("status").textContent = typeof said === "function" ? said(told) : said ?? "";
    return told;
  } catch (error) {
    tell(error);
    return null;
  }
}

function begin() {
  byId("keyless").hidden = true;
  follow(`/rooms/${code}/host`, key, show, (error) => {
    tell(error);
    byId("desk").hidden = true;
    if (error.status === 403) {
      hold("host", code, null);
      byId("keyless").hidden = false;
    }
  });
}

function show(view, same = false) {
  seen = view;
  if (same) return;
  byId("desk").hidden = false;
  byId("address").textContent = `${location.origin}${root}/rooms/${view.code}`;
  byId("until").textContent = `Deleted on ${new Date(view.expires * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" })}`;
  byId("pause").textContent = view.paused ? "Go on" : "Pause";
  byId("pause").setAttribute("aria-pressed", String(view.paused));
  byId("pause").disabled = byId("close").disabled = view.closed;
  byId("close").textContent = view.closed ? "Closed" : "Close the room";
  const pace = byId("pace");
  const wanted = view.seconds === null ? "" : String(view.seconds);
  if (![...pace.options].some((one) => one.value === wanted)) pace.append(make("option", { value: wanted, text: `${wanted} seconds` }));
  pace.value = wanted;
  byId("tables").replaceChildren(...view.host.map((one, number) => card(one, view.tables[number])));
  fill(view);
}

function card(one, table) {
  const odds = Object.entries(one.odds).sort((a, b) => b[1] - a[1]).slice(0, 2);
  const where = one.outcome ? `over: ${one.outcome}` : `${dateWords(one.date)} · step ${one.step} of ${one.steps}`;
  const next = one.turn && !one.outcome
    ? (() => {
        const who = table.seats.find((two) => two.role === one.turn.role);
        return `Turn of ${one.turn.actor}: ${who?.name ?? "nobody has taken the seat"}`;
      })()
    : "";
  return make("li", { class: "card" },
    make("h3", { text: `Table ${one.table}` }), make("p", { class: "label", text: where }),
    make("progress", { max: one.steps, value: one.outcome ? one.steps : one.step - 1, "aria-label": `How far table ${one.table} is` }),
    next ? make("p", {}, make("strong", { text: next })) : null,
    make("ul", { class: "plain small seats-now" }, ...table.seats.map((two) =>
      make("li", {}, `${capital(two.actor)}: ${two.kind === "solved" ? "solved player" : two.name ?? "free"} `,
        two.kind === "person" && !one.outcome ? make("button", { class: "quiet slight", type: "button", "data-table": one.table, "data-role": two.role, "data-kind": two.name ? "person" : "solved", text: two.name ? "Free the seat" : "Let a solved player play" }) : null,
        two.kind === "solved" && !one.outcome ? make("button", { class: "quiet slight", type: "button", "data-table": one.table, "data-role": two.role, "data-kind": "person", text: "Give to a person" }) : null))),
    make("ol", { class: "news small" }, ...one.last.map((two) => make("li", {}, make("span", { class: "when", text: two.date }), ` ${two.sentence} `, two.secret ? make("span", { class: "badge orange", text: "secret" }) : null))),
    one.outcome ? make("p", {}, make("a", { href: `${root}/rooms/${code}/tables/${one.table}`, text: "Debrief" }))
      : make("p", { class: "small", text: `Likeliest: ${odds.map(([name, p]) => `${name} ${percent(p)}`).join(", ")}` }));
}

byId("tables").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-role]");
  if (!button) return;
  const { table, role, kind } = button.dataset;
  act(() => host(`/tables/${table}/seats/${role}`, { kind }), `Table ${table}: done.`);
});

function fill(view) {
  const now = JSON.stringify([view.events, view.tables.length]);
  if (now === filled) return;
  filled = now;
  const own = view.events.map((one, number) => make("option", { value: `own ${number}`, text: one.title }));
  const given = view.from_the_case.map((one, number) => make("option", { value: `case ${number}`, text: `${one.title}: ${one.text.slice(0, 60)}` }));
  byId("prepared").replaceChildren(make("option", { value: "", text: "write one" }),
    ...(own.length ? [make("optgroup", { label: "kept for later" }, ...own)] : []),
    ...(given.length ? [make("optgroup", { label: "what sources report" }, ...given)] : []));
  byId("at").replaceChildren(make("option", { value: "", text: "all tables that are playing" }),
    ...view.tables.map((one) => make("option", { value: one.table, text: `table ${one.table}` })));
  byId("variable").replaceChildren(make("option", { value: "", text: "nothing: it is only news" }),
    ...Object.keys(view.variables).map((name) => make("option", { value: name, text: name.replaceAll("_", " ") })));
  values();
}

function values(chosen) {
  const labels = seen.variables[byId("variable").value] ?? [];
  byId("value").replaceChildren(...labels.map((one) => make("option", { value: one, text: one.replaceAll("_", " ") })));
  byId("value").disabled = labels.length === 0;
  if (chosen) byId("value").value = chosen;
}

byId("variable").addEventListener("change", () => values());
byId("prepared").addEventListener("change", (event) => {
  const [kind, number] = event.target.value.split(" ");
  const one = kind === "own" ? seen.events[number] : kind === "case" ? seen.from_the_case[number] : { title: "", text: "", set: {} };
  byId("event-title").value = kind === "case" ? `News of ${one.title}` : one.title;
  byId("event-text").value = one.text;
  const [name, value] = Object.entries(one.set)[0] ?? ["", ""];
  byId("variable").value = name;
  values(value);
});

function written() {
  const name = byId("variable").value;
  return { title: byId("event-title").value, text: byId("event-text").value, set: name ? { [name]: byId("value").value } : {} };
}

byId("inject").addEventListener("submit", (event) => {
  event.preventDefault();
  const tables = byId("at").value ? [Number(byId("at").value)] : [];
  act(() => host("/happenings", { ...written(), tables }), (told) => {
    const refused = Object.entries(told.refused).map(([table, why]) => `Table ${table}: ${why}.`);
    return [`Brought in at ${told.told.length} ${told.told.length === 1 ? "table" : "tables"}.`, ...refused].join(" ");
  });
});
byId("keep").addEventListener("click", async () => {
  if (!byId("inject").reportValidity()) return;
  await act(() => host("/events", written()), "Kept for later.");
  const view = await act(() => host(""), "Kept for later.");
  if (view) show(view);
});
byId("pause").addEventListener("click", () => act(() => host(seen.paused ? "/resume" : "/pause", {})));
byId("pace").addEventListener("change", (event) => act(() => host("/pace", { seconds: event.target.value ? Number(event.target.value) : null }), "The time for a turn is changed."));
byId("close").addEventListener("click", () => {
  if (confirm("Close the room? Nobody can move any more; what was played stays until it is deleted.")) act(() => host("/close", {}));
});
byId("delete").addEventListener("click", async () => {
  if (!confirm("Delete the room with everything that was played in it?")) return;
  const done = await act(() => ask(`/rooms/${code}`, { key, method: "DELETE" }).then(() => true));
  if (done) {
    hold("host", code, null);
    location.assign(`${root}/teach`);
  }
});
byId("show-key").addEventListener("click", () => {
  byId("hostkey").textContent = key;
});
byId("give-key").addEventListener("submit", (event) => {
  event.preventDefault();
  key = byId("key").value.trim();
  hold("host", code, { key });
  tell(null);
  begin();
});

if (key) begin();
else byId("keyless").hidden = false;
