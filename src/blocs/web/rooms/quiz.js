import { byId } from "./talk.js";

byId("quiz")?.addEventListener("submit", (event) => {
  event.preventDefault();
  let right = 0;
  const all = [...document.querySelectorAll(".question")];
  for (const one of all) {
    const chosen = one.querySelector("input:checked");
    const good = chosen?.value === one.dataset.answer;
    right += good ? 1 : 0;
    one.classList.toggle("right", good);
    one.classList.toggle("missed", !good);
    one.querySelector("details").open = !good;
  }
  byId("score").textContent = `${right} of ${all.length} are right.`;
});
