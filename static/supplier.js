/* The supplier's page works without this. With it: keys, an Undo that stays for ten seconds, and calm words when
   something was not sent. */
(function () {
  "use strict";

  var sheet = window.sheet;
  if (!sheet) return;
  var all = sheet.all, lines = sheet.lines, say = sheet.say, tell = sheet.tell, texts = sheet.texts, toast = sheet.toast;
  var news = document.getElementById("news");
  var keys = document.getElementById("keys");
  var fields = "input, textarea, select, [contenteditable]";
  var here = null;

  function lineOf(element) { return element && element.closest ? element.closest("tr.line, [data-line]") : null; }
  function current() {
    var line = lineOf(document.activeElement);
    if (line) return line;
    return here && document.contains(here) ? here : document.querySelector(".alone tr.line");
  }
  function go(line) {
    if (!line) return;
    here = line;
    sheet.show(line);
  }

  document.addEventListener("focusin", function (event) { here = lineOf(event.target) || here; });

  /* Keys */

  function move(by) {
    var list = lines(), at = list.indexOf(current());
    var link = document.querySelector(by > 0 ? "a[rel=next]" : "a[rel=prev]");
    if (link) link.click();
    else if (at < 0) go(list[0]);
    else go(list[at + by]);
  }

  function press(selector, within) {
    var found = within === undefined ? document.querySelector(selector) : within && within.querySelector(selector);
    if (found) found.click();
  }

  function write(selector, within) {
    var found = within && within.querySelector(selector);
    if (!found) return;
    found.focus();
    if (found.select && found.type === "search") found.select();
  }

  var acts = {
    j: function () { move(1); },
    k: function () { move(-1); },
    e: function () { press("[data-handled]", current()); },
    c: function () { write("textarea", current() || lines()[0]); },
    z: function () { press(".undo"); },
    "/": function () { write("input[type=search]", document); },
    "?": function () { if (keys.showModal) keys.showModal(); },
    n: function () {
      var form = document.getElementById("new");
      if (!form) { press("[data-new]"); return; }
      form.classList.add("open");
      form.scrollIntoView({ block: "nearest" });
      write("input:not([type=hidden]), select, textarea", form);
    },
    Enter: function (event) {
      if (event.target.dataset && event.target.dataset.line) window.location.assign(event.target.dataset.line);
      else return false;
    }
  };

  document.addEventListener("keydown", function (event) {
    var inField = event.target.closest && event.target.closest(fields);
    if (event.key === "Escape" && inField && !event.isComposing) {
      event.target.blur();
      go(lineOf(event.target));
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.tagName === "TEXTAREA") {
      press("button.send, button.main", event.target.form);
      return;
    }
    if (inField || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || (keys && keys.open)) return;
    if (document.querySelector("dialog[open]")) return;
    var act = acts[event.key];
    if (act && act(event) !== false) event.preventDefault();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-keys]")) acts["?"]();
    if (event.target.closest("[data-new]") && document.getElementById("new")) { event.preventDefault(); acts.n(); }
  });

  /* Who comes for the form writes at once. Earlier, the browser would take the focus away again. */
  window.addEventListener("load", function () {
    if (window.location.hash === "#new" && document.getElementById("new")) acts.n();
  });

  /* What was done is said once; the scripts that forget drafts have read it by now. */
  window.addEventListener("load", function () {
    if (document.querySelector(".done")) sheet.forget(["done", "did", "claim", "reported", "added"]);
  });

  all("[data-keys]").forEach(function (button) { button.hidden = !keys.showModal; });

  function ready(within) {
    if (navigator.clipboard) all("[data-copy]", within).forEach(function (button) { button.hidden = false; });
  }
  /* Requests */

  if (!window.htmx) return;
  var lastForm = null, lastButton = null;

  function isLineForm(element) { return element && element.tagName === "FORM" && lineOf(element); }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[type=submit]");
    if (button && button.form && lineOf(button)) lastButton = button;
  });

  document.addEventListener("htmx:beforeRequest", function (event) {
    var element = event.detail.elt;
    if (element === news && document.hidden) { event.preventDefault(); return; }
    var line = isLineForm(element);
    if (!line) return;
    lastForm = element;
    line.setAttribute("aria-busy", "true");
    all("textarea", line).forEach(function (field) { field.readOnly = true; });
    say(line, "");
  });

  document.addEventListener("htmx:afterRequest", function (event) {
    var line = isLineForm(event.detail.elt);
    if (!line) return;
    line.removeAttribute("aria-busy");
    all("textarea", line).forEach(function (field) { field.readOnly = false; });
  });

  function failed(event) {
    var element = event.detail.elt, status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (element === news) return;
    var words = sheet.why(status);
    var line = isLineForm(element);
    var again = lastButton && lastButton.form === element ? lastButton : line && line.querySelector(".send");
    if (line) say(line, words, status === 404 || !again ? null : function () { again.click(); });
    else if (element.closest && element.closest("#more")) tell(texts.unseen);
    else if (toast.contains(element)) tell(words);
  }
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) { document.addEventListener(name, failed); });

  /* The next line gets the focus, so that one key after the other works; nothing scrolls for those who point. */
  var nextLine = null, sentFrom = null, hadFocus = false;
  document.addEventListener("htmx:beforeSwap", function (event) {
    var line = isLineForm(event.detail.requestConfig.elt);
    nextLine = sentFrom = null;
    if (toast.contains(event.detail.requestConfig.elt)) {
      sentFrom = event.detail.target.id;
      hadFocus = true;
    }
    if (!line) return;
    /* A whole page about an error is not the line. */
    if (event.detail.xhr.status >= 400 && event.detail.xhr.responseText.indexOf('<tr class="line') < 0) {
      event.detail.shouldSwap = false;
      event.detail.isError = true;
      return;
    }
    var list = lines(), at = list.indexOf(line);
    nextLine = list[at + 1] || list[at - 1] || null;
    sentFrom = line.id;
    hadFocus = line.contains(document.activeElement) || document.activeElement === document.body;
  });

  document.addEventListener("htmx:oobAfterSwap", function (event) { if (event.detail.target === toast) sheet.stay(); });

  document.addEventListener("htmx:afterSettle", function () {
    ready(document);
    var empty = document.getElementById("empty"), table = document.getElementById("lines");
    if (empty && table) {
      var more = document.querySelector("#more a");
      if (!lines().length && more) more.click();
      empty.hidden = table.hidden = false;
      if (lines().length || more) empty.hidden = true; else table.hidden = true;
      var found = document.getElementById("found");
      if (found) found.hidden = !empty.hidden;
    }
    if (!sentFrom) return;
    var line = document.getElementById(sentFrom);
    sentFrom = null;
    if (!hadFocus) return;
    var undo = toast.querySelector("button");
    if (line && !line.hidden) {
      var field = line.querySelector("textarea");
      (line.querySelector(".trouble").textContent && field || line).focus({ preventScroll: true });
    } else if (nextLine && document.contains(nextLine)) {
      go(nextLine);
    } else if (undo) {
      undo.focus();
    }
  });

  document.addEventListener("visibilitychange", function () { if (!document.hidden) htmx.trigger(news, "look"); });
})();
