/* What the sheets of both sides do alike: showing a line, saying what became of a press, and for how long. */
(function () {
  "use strict";

  var texts = document.getElementById("texts");
  if (!texts) return;
  texts = texts.dataset;
  var toast = document.getElementById("toast");
  /* A comment can be taken back only until its note goes out. */
  var UNDO_MS = 10000, BRIEF_MS = 6000;
  var byKeys = false, waiting = null;

  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }
  function lines() { return all("tr.line, [data-line]"); }

  /* Nothing scrolls for those who point. */
  function show(line) {
    line.focus({ preventScroll: true });
    if (byKeys) line.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", function () { byKeys = true; }, true);
  ["mousedown", "touchstart"].forEach(function (name) {
    document.addEventListener(name, function () { byKeys = false; }, { capture: true, passive: true });
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-reload]") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      window.location.reload();
    }
  });
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-go]")) event.target.form.submit();
  });

  /* What became of a press on a line, with a way to try again. */
  function say(line, words, again) {
    var place = line.querySelector(".trouble");
    if (!place) return;
    place.textContent = words;
    if (!words || !again) return;
    var retry = document.createElement("button");
    retry.type = "button";
    retry.className = "quiet";
    retry.textContent = texts.retry;
    retry.addEventListener("click", function () { place.textContent = ""; again(); });
    place.appendChild(retry);
  }
  function why(status) {
    return { 0: texts.offline, 401: texts.out, 403: texts.out, 404: texts.gone }[status] || texts.failed;
  }

  function tell(words) {
    var said = document.createElement("p");
    said.textContent = words;
    toast.textContent = "";
    toast.appendChild(said);
    stay();
  }
  /* The toast stays a while, and longer while somebody is at it. */
  function stay() {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      if (toast.matches(":hover") || toast.contains(document.activeElement)) stay();
      else toast.textContent = "";
    }, toast.querySelector("[data-brief]") ? BRIEF_MS : UNDO_MS);
  }

  /* What was done is said once: a page that is opened again does not repeat it. */
  function forget(names) {
    var address = new URL(window.location.href), said = address.search;
    names.forEach(function (name) { address.searchParams.delete(name); });
    if (address.search !== said) history.replaceState(null, "", address);
  }

  window.sheet = {
    all: all, lines: lines, show: show, say: say, why: why, tell: tell, stay: stay, forget: forget, texts: texts, toast: toast
  };
})();
