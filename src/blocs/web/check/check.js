// The page that checks files works without this; it brings one to a line, and refuses early what the server would refuse.
const most = 1_000_000;
const form = document.getElementById("files");
const wrong = document.getElementById("too-large");
document.getElementById("verdict")?.focus();

document.querySelector(".problems")?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  const place = link && document.querySelector(link.hash);
  if (!place) return;
  event.preventDefault();
  place.closest("details").open = true;
  // a text area counts every end of a line as one character
  const lines = place.value.split("\n");
  const before = lines.slice(0, link.dataset.line - 1);
  const start = before.reduce((sum, line) => sum + line.length + 1, 0);
  place.focus();
  place.setSelectionRange(start + Number(link.dataset.column) - 1, start + (lines[before.length]?.length ?? 0));
  place.scrollTop = (before.length - 3) * parseFloat(getComputedStyle(place).lineHeight);
});

form.addEventListener("submit", (event) => {
  let bytes = 0;
  for (const field of form.elements) {
    if (field.type === "file") for (const file of field.files) bytes += file.size;
    else if (field.localName === "textarea") bytes += new Blob([field.value]).size;
  }
  wrong.hidden = bytes < most;
  if (bytes < most) return;
  event.preventDefault();
  wrong.textContent = `These are ${(bytes / 1e6).toFixed(1)} MB together; at most 1 MB is read.`;
});
