import { ask, byId, capital, dateWords, follow, held, hold, make, percent, root, tell } from "./talk.js";

const code = byId("room").dataset.code;
let seat = held("seat", code);
let seen = null;
let offset = 0;
let drawnPlace = -1;

// --- the lobby -------------------------------------------------------------------------------------------------------

async function lobby() {
  byId("game").hidden = true;
  let room;
  try {
    room = await ask(`/rooms/${code}`);
  } catch (error) {
    tell(error);
    return;
  }
  byId("lobby").hidden = false;
  byId("about").textContent = room.summary;
  const many = room.tables.length > 1;
  let first = true;
  byId("seats").replaceChildren(
    ...room.tables.map((table) =>
      make("div", { class: "table-seats" },
        many ? make("p", { class: "label", text: `Table ${table.table}` }) : null,
        ...table.seats.map((one) => {
          const free = one.free && !table.over;
          const choice = make("input", { type: "radio", name: "seat", value: `${table.table} ${one.role}`, disabled: !free, checked: free && first });
          if (free) first = false;
          const who = one.kind === "solved" ? "solved player" : one.name ?? "free";
          return make("label", { class: "tick" }, choice, ` ${capital(one.actor)} `, make("span", { class: "small", text: `${one.role} · ${who}` }));
        }))),
  );
  byId("join").querySelector("button").disabled = first;
  if (first) tell({ message: "All seats are taken. The host can free one for you." });
}

byId("join").addEventListener("submit", async (event) => {
  event.preventDefault();
  tell(null);
  const chosen = byId("join").querySelector("input[name=seat]:checked");
  if (!chosen) return;
  const [table, role] = chosen.value.split(" ");
  try {
    seat = await ask(`/rooms/${code}/seats`, { body: { name: byId("name").value, role, table: Number(table) } });
    hold("seat", code, seat);
    begin();
  } catch (error) {
    tell(error);
    lobby();
  }
});

// --- the table -------------------------------------------------------------------------------------------------------

function begin() {
  byId("lobby").hidden = true;
  follow(`/rooms/${code}/view`, seat.key, show, (error) => {
    tell(error);
    if (error.status === 403) {
      hold("seat", code, null);
      lobby();
    }
  });
}

function line(one, mark = false) {
  const made = make("li", { class: one.role ? `by-${one.role}` : "by-host" },
    make("span", { class: "when", text: one.date }), ` ${one.sentence} `);
  if (one.secret) made.append(make("span", { class: "badge orange", text: "secret" }), " ");
  if (mark && one.by === "solved") made.append(make("span", { class: "small", text: "solved player" }));
  if (one.by === "deadline") made.append(make("span", { class: "badge orange", text: "time was over" }));
  return made;
}

function show(view, same = false) {
  offset = view.now * 1000 - Date.now();
  seen = view;
  if (same) return;
  byId("game").hidden = false;
  byId("date").textContent = view.outcome ? "The end" : dateWords(view.date);
  byId("where").textContent = `${view.title} · step ${view.step} of ${view.steps} · you are ${view.actor} (${view.role})`;
  byId("steps").max = view.steps;
  byId("steps").value = view.outcome ? view.steps : view.step - 1;
  const state = view.closed ? "The host has closed this room." : view.paused ? "The host has paused the room." : "";
  byId("state").hidden = !state;
  byId("state").textContent = state;
  news(view);
  turn(view);
  situation(view);
  byId("record").replaceChildren(...(view.record.filter((one) => !one.quiet).map((one) => line(one, true)).reverse()));
  if (!byId("record").children.length) byId("record").append(make("li", { class: "small", text: "Nothing yet." }));
  byId("more").hidden = view.background.length === 0;
  byId("background").replaceChildren(...view.background.map((one) => make("li", {}, make("span", { class: "when", text: one.date }), ` ${one.event}`)));
  byId("people").replaceChildren(...view.people.map((one) =>
    make("li", {}, make("strong", { text: capital(one.actor) }), ` ${one.kind === "solved" ? "solved player" : one.name ?? "nobody yet"}`)));
  byId("sheet").href = `${root}/cases/${view.case}/roles/${view.role}`;
}

function news(view) {
  const list = view.news.filter((one) => one.role !== view.role);
  byId("news-head").textContent = view.place === 0 && !list.length ? "The beginning" : "What happened";
  byId("news").replaceChildren(...(list.length ? list.map((one) => line(one)) : [make("li", { class: "small", text: "Nothing that you know of, since your last decision." })]));
}

function situation(view) {
  byId("situation").replaceChildren(...view.situation.map((one) =>
    make("div", { class: one.new ? "changed" : "", title: one.help }, make("dt", { text: capital(one.title) }),
      make("dd", {}, one.value, one.new ? make("span", { class: "unseen", text: " (new)" }) : ""))));
}

function turn(view) {
  const form = byId("choose");
  const mine = view.turn?.mine && !view.closed;
  byId("over").hidden = !view.outcome;
  byId("turn").hidden = Boolean(view.outcome);
  if (view.outcome) {
    byId("ending").textContent = `It ended with: ${view.outcome}.`;
    byId("debrief").href = `${root}/rooms/${code}/tables/${view.table}`;
    return;
  }
  byId("turn-head").textContent = mine ? `Your turn: ${view.turn.stage}` : "Not your turn";
  byId("turn-help").textContent = mine ? view.turn.help : "";
  form.hidden = !mine;
  byId("waiting").hidden = mine;
  const name = view.people.find((one) => one.role === view.turn.role)?.name;
  byId("waiting").textContent = view.waiting_for_a_player
    ? `Waiting for somebody to take the seat of ${view.turn.actor}.`
    : `Waiting for ${view.turn.actor}${name ? ` (${name})` : ""}.`;
  byId("confirm").disabled = byId("stand").disabled = view.paused;
  byId("stand").hidden = !view.options.some((one) => one.option === "hold");
  if (!mine) {
    drawnPlace = -1;
    return;
  }
  if (drawnPlace === view.place) return; // a choice that is being made stays
  drawnPlace = view.place;
  byId("options").replaceChildren(...view.options.map((one, number) => card(one, number)));
  byId("turn-head").focus({ preventScroll: true });
}

function card(one, number) {
  const id = `option-${number}`;
  const told = (kind, list) => list.map((text) => make("p", { class: kind, text }));
  const body = make("div", { class: "told" },
    make("span", { class: "name" }, one.title, one.secret ? make("span", { class: "badge orange", text: "secret: the others see that you held" }) : ""),
    one.help ? make("p", { text: one.help }) : null,
    ...told("changes", one.changes), ...told("costs", one.costs), ...told("risks", one.risks));
  if (one.advice) {
    const shifts = one.advice.shifts;
    const best = Object.entries(one.advice.odds).sort((a, b) => b[1] - a[1])[0];
    body.append(make("p", { class: "advice" },
      make("strong", { text: "Forecast: " }),
      one.option === "hold" ? `most likely ${best[0]}, ${percent(best[1])}. ` : shifts.length ? `against holding, ${shifts.join("; ")}. ` : "hardly differs from holding. ",
      `A solved player does this ${percent(one.advice.solved)} of the time.`));
  }
  return make("label", { class: "option", for: id },
    make("input", { type: "radio", name: "option", id, value: one.option, checked: number === 0 }), body);
}

async function decide(option, until) {
  tell(null);
  byId("confirm").disabled = byId("stand").disabled = true;
  const place = seen.place;
  try {
    show(await ask(`/rooms/${code}/moves`, { key: seat.key, body: { place, option, until } }));
  } catch (error) {
    tell(error);
    // whether it arrived is not known after a lost connection: the view will say
    try {
      show(await ask(`/rooms/${code}/view`, { key: seat.key }));
    } catch {
      byId("lost").hidden = false;
    }
  }
  byId("confirm").disabled = byId("stand").disabled = Boolean(seen?.paused);
}

byId("choose").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = byId("choose").querySelector("input[name=option]:checked");
  if (chosen) decide(chosen.value, "now");
});
byId("stand").addEventListener("click", () => decide("hold", "change"));

setInterval(() => {
  const clock = byId("clock");
  if (!seen?.deadline || !seen.turn?.mine) {
    clock.textContent = "";
    return;
  }
  const left = Math.max(0, Math.round(seen.deadline - (Date.now() + offset) / 1000));
  const shown = left >= 3600 ? `${Math.floor(left / 3600)} h` : `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  clock.textContent = `${shown} left`;
  clock.classList.toggle("soon", left <= 10);
}, 500);

if (seat) begin();
else lobby();
