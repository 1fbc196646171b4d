// The page of a case with private types: one part, solved when it is asked for.
const button = document.getElementById("ask");
const place = document.getElementById("part");

button.addEventListener("click", async () => {
  button.disabled = true;
  place.classList.add("busy", "waiting");
  place.setAttribute("aria-busy", "true");
  const began = performance.now();
  const tell = () => { place.textContent = `Solving, ${Math.round((performance.now() - began) / 1000)} s so far`; };
  tell();
  const telling = setInterval(tell, 1000);
  let said = "The server cannot be reached; try again in a moment.";
  try {
    const answer = await fetch(button.dataset.part);
    const text = await answer.text();
    clearInterval(telling);
    if (answer.ok) {
      place.innerHTML = text;
      said = "";
    } else {
      said = new DOMParser().parseFromString(text, "text/html").querySelector("main .lead")?.textContent ?? said;
    }
  } catch {
    clearInterval(telling);
  }
  if (said) place.replaceChildren(Object.assign(document.createElement("p"), { className: "notice wrong", textContent: said }));
  place.classList.remove("busy", "waiting");
  place.removeAttribute("aria-busy");
  button.disabled = !said;
});
