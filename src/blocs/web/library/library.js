// Cards that do not have every word of the search are hidden as one types; the search stands in the address.
const field = document.getElementById("q");
const cards = [...document.querySelectorAll("#cards > li")];
const told = document.getElementById("found");

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const card of cards) {
    card.hidden = !words.every((word) => card.dataset.words.toLowerCase().includes(word));
    if (!card.hidden) count += 1;
  }
  told.textContent = words.length ? `${count} of ${cards.length} cases` : `${cards.length} cases`;
  const address = new URL(location.href);
  if (field.value) address.searchParams.set("q", field.value);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
}
field.addEventListener("input", search);
