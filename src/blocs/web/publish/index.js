// Search and filters. Without a script every card is shown; with it the state stands behind the # of the address.
(function () {
  var form = document.getElementById("find");
  var cards = Array.prototype.slice.call(document.querySelectorAll("#cards > li"));
  var passages = JSON.parse(document.getElementById("found").textContent);
  var fields = ["q", "outcome", "from", "to"].map(function (id) { return document.getElementById(id); });
  var count = document.getElementById("count"), nothing = document.getElementById("nothing");
  var MOST_HITS = 2, AROUND = 60;

  // small letters without accents; the same number of letters, so that places can be found in the original
  function plain(text) {
    return Array.from(text).map(function (letter) {
      var bare = letter.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
      return bare.length === letter.length ? bare : letter.toLowerCase().slice(0, letter.length);
    }).join("");
  }
  var folded = {};
  Object.keys(passages).forEach(function (name) {
    folded[name] = passages[name].map(function (one) { return plain(one[0] + " " + one[1]); });
  });

  // a piece of text around the first of the words that stands in it, that word strong
  function excerpt(where, text, words) {
    var item = document.createElement("li"), flat = plain(text), at = -1, found = "";
    words.forEach(function (word) {
      var place = flat.indexOf(word);
      if (place >= 0 && (at < 0 || place < at)) { at = place; found = word; }
    });
    if (at < 0) { at = 0; }
    var start = Math.max(0, at - AROUND), end = Math.min(text.length, at + found.length + AROUND);
    item.append(where ? where + ": " : "", (start > 0 ? "…" : "") + text.slice(start, at));
    var mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + found.length);
    item.append(mark, text.slice(at + found.length, end) + (end < text.length ? "…" : ""));
    return item;
  }

  function show() {
    var words = plain(fields[0].value).split(/\s+/).filter(Boolean);
    var outcome = fields[1].value, from = parseInt(fields[2].value, 10), to = parseInt(fields[3].value, 10), shown = 0;
    cards.forEach(function (card) {
      var name = card.dataset.case, whole = folded[name].join("\n"), hits = card.querySelector(".hits");
      var fits = words.every(function (word) { return whole.indexOf(word) >= 0; })
        && (!outcome || card.dataset.outcome === outcome)
        && !(Number(card.dataset.last) < from) && !(Number(card.dataset.first) > to);
      card.hidden = !fits;
      hits.textContent = "";
      if (!fits) { return; }
      shown += 1;
      var head = folded[name][0];
      var hidden = words.filter(function (word) { return head.indexOf(word) < 0; });
      passages[name].slice(1).forEach(function (one, number) {
        if (hits.children.length < MOST_HITS && hidden.some(function (word) { return folded[name][number + 1].indexOf(word) >= 0; })) {
          hits.append(excerpt(one[0], one[1], hidden));
        }
      });
    });
    var all = cards.length + (cards.length === 1 ? " case" : " cases");
    count.textContent = shown === cards.length ? all : shown + " of " + all;
    nothing.hidden = shown > 0;
  }

  function keep() {
    var said = new URLSearchParams();
    fields.forEach(function (field) { if (field.value) { said.set(field.id, field.value); } });
    history.replaceState(null, "", String(said) ? "#?" + said : "#cases");
  }
  function recall() {
    if (location.hash.slice(0, 2) !== "#?") { return; }
    var said = new URLSearchParams(location.hash.slice(2));
    fields.forEach(function (field) { field.value = said.get(field.id) || ""; });
  }
  form.addEventListener("input", function () { show(); keep(); });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(function () { show(); keep(); }, 0); });
  window.addEventListener("hashchange", function () { recall(); show(); });
  form.hidden = false;
  recall();
  show();
})();
