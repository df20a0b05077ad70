/* The page of a line works without this. With it: keys, fields as high as what is in them, and who else is here. */
(function () {
  "use strict";

  var EVERY_MS = 20000;
  var looking = document.getElementById("looking");
  var others = document.getElementById("others");
  if (!looking || !others) return;

  function press(selector) {
    var found = document.querySelector(selector);
    if (found) found.click();
    return Boolean(found);
  }

  function write() {
    var field = document.getElementById("comment");
    if (field) field.focus();
    return Boolean(field);
  }

  /* Letters work outside of fields only; with Alt, arrows work in them, too: they mean nothing else there. */
  var acts = {
    "[": function () { return press("a[rel=prev]"); },
    "]": function () { return press("a[rel=next]"); },
    k: function () { return press("a[rel=prev]"); },
    j: function () { return press("a[rel=next]"); },
    u: function () { return press("a[data-up]"); },
    i: function () { return press("input[name=informed]"); },
    c: write,
    z: function () { return press(".undo"); }
  };

  document.addEventListener("keydown", function (event) {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    var field = event.target.closest && event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape" && field) {
      event.target.blur();
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field && field.form) {
      press("#" + (field.form.id || "answer-form") + " button.main");
      return;
    }
    if (event.altKey && !event.ctrlKey && !event.metaKey && /^Arrow(Left|Right)$/.test(event.key) && !field) {
      if (acts[event.key === "ArrowLeft" ? "[" : "]"]()) event.preventDefault();
      return;
    }
    if (field || event.ctrlKey || event.altKey || event.metaKey) return;
    var act = acts[event.key];
    if (act && act()) event.preventDefault();
  });

  /* Who else is here, and whether the line moved on. Asked only while somebody looks. */
  var told = "";

  function look() {
    if (document.hidden) return;
    fetch(looking.action, { method: "POST", body: new URLSearchParams(new FormData(looking)), credentials: "same-origin" })
      .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : null; })
      .then(function (words) {
        if (words === null || words === told) return;
        told = words;
        others.innerHTML = words;
      })
      .catch(function () { /* No connection just now: the next look tells. */ });
  }

  look();
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
})();
