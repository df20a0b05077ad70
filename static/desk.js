/* The desk works without this. With it: a change shows at once and stays ten seconds to be undone, keys, selecting
   rows, and calm words when something was not saved. What is being typed in a row outlives every answer. */
(function () {
  "use strict";

  var sheet = window.sheet;
  if (!sheet) return;
  var all = sheet.all, lines = sheet.lines, say = sheet.say, tell = sheet.tell, texts = sheet.texts, toast = sheet.toast;
  var keys = document.getElementById("keys");
  var fields = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  var here = null, lastPicked = null;

  function news() { return document.getElementById("news"); }
  function lineOf(element) {
    if (!element || !element.closest) return null;
    return element.closest("tr.line, [data-line]") || (element.form && element.form.closest("tr.line")) || null;
  }
  function current() {
    var line = lineOf(document.activeElement);
    if (line) return line;
    return here && document.contains(here) ? here : null;
  }
  function go(line) {
    if (!line) return;
    here = line;
    sheet.show(line);
  }
  function press(selector, within) {
    var found = within && within.querySelector(selector);
    if (found) found.click();
    return !!found;
  }
  function write(selector, within) {
    var found = within && within.querySelector(selector);
    if (!found) return;
    found.focus();
    if (found.setSelectionRange) found.setSelectionRange(found.value.length, found.value.length);
  }
  function pressAct(line, act) {
    var button = line && line.querySelector('[data-act="' + act + '"]');
    if (button) button.click();
  }

  document.addEventListener("focusin", function (event) { here = lineOf(event.target) || here; });

  /* Keys */

  function move(by) {
    var list = lines(), at = list.indexOf(current());
    go(at < 0 ? list[0] : list[at + by]);
  }

  var acts = {
    j: function () { move(1); },
    k: function () { move(-1); },
    x: function () { press(".pick", current() || lines()[0]); },
    i: function () { press("[data-informed]", current()); },
    a: function () { write("[data-field=address]", current() || lines()[0]); },
    c: function () { write("[data-field=comment]", current() || lines()[0]); },
    z: function () { press(".undo", toast) || press(".done .undo", document); },
    "/": function () { write("input[type=search]", document); },
    "?": function () { if (keys.showModal) keys.showModal(); },
    Enter: function (event) {
      if (event.target.dataset && event.target.dataset.line) window.location.assign(event.target.dataset.line);
      else return false;
    }
  };

  document.addEventListener("keydown", function (event) {
    var inField = event.target.closest && event.target.closest(fields);
    var menu = event.target.closest && event.target.closest(".menu[open]");
    if (event.key === "Escape" && menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    if (event.key === "Escape" && inField && !event.isComposing) {
      event.target.blur();
      go(lineOf(event.target));
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.dataset.field) {
      pressAct(lineOf(event.target), event.target.dataset.field);
      return;
    }
    if (inField || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || (keys && keys.open)) return;
    if (document.querySelector("dialog[open]")) return;
    var act = acts[event.key];
    if (act && act(event) !== false) event.preventDefault();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-keys]")) acts["?"]();
    all(".menu[open]").forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });

  /* What is not asked for need not stand in the address. */
  document.addEventListener("formdata", function (event) {
    if (!event.target.matches("form.search")) return;
    Array.from(event.formData.entries()).forEach(function (each) {
      if (each[1] === "") event.formData.delete(each[0]);
    });
  });

  /* Selecting */

  function picks() { return all("tr.line .pick"); }

  function showPicked() {
    var bar = document.getElementById("bulk"), chosen = picks().filter(function (pick) { return pick.checked; });
    if (!bar) return;
    bar.classList.toggle("shown", chosen.length > 0);
    bar.querySelector("[data-picked]").textContent = chosen.length;
    var whole = document.querySelector("[data-pick-all]");
    if (whole) {
      whole.checked = chosen.length > 0 && chosen.length === picks().length;
      whole.indeterminate = chosen.length > 0 && !whole.checked;
    }
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-pick-none]")) {
      picks().forEach(function (pick) { pick.checked = false; });
      showPicked();
    }
    if (!event.target.matches("tr.line .pick")) return;
    var list = picks(), at = list.indexOf(event.target), from = list.indexOf(lastPicked);
    if (event.shiftKey && from >= 0) {
      list.slice(Math.min(at, from), Math.max(at, from) + 1).forEach(function (pick) { pick.checked = event.target.checked; });
    }
    lastPicked = event.target;
    showPicked();
  });

  document.addEventListener("change", function (event) {
    if (!event.target.matches("[data-pick-all]")) return;
    picks().forEach(function (pick) { pick.checked = event.target.checked; });
    showPicked();
  });

  /* Without note: remembered in this browser. */

  var SILENT = "desk-without-note";
  function isSilent() { try { return localStorage.getItem(SILENT) === "yes"; } catch (error) { return false; } }
  function showSilent() {
    var silent = isSilent(), box = document.querySelector("[data-silent-switch]");
    if (box) box.checked = silent;
    all(".under .told").forEach(function (told) {
      if (!told.dataset.words) told.dataset.words = told.textContent;
      told.textContent = silent ? texts.silent : told.dataset.words;
    });
  }
  document.addEventListener("change", function (event) {
    if (!event.target.matches("[data-silent-switch]")) return;
    try { localStorage.setItem(SILENT, event.target.checked ? "yes" : "no"); } catch (error) { /* Not remembered, then. */ }
    showSilent();
  });

  document.addEventListener("input", function (event) {
    if (event.target.dataset.field) showChanged(event.target);
  });
  function isUnsaved(field) {
    return field.value !== field.defaultValue || (field.hasAttribute("data-unsaved") && field.value !== "");
  }
  function showChanged(field) { field.closest("td").classList.toggle("changed", isUnsaved(field)); }
  window.addEventListener("beforeunload", function (event) {
    var unsaved = all("[data-field]").some(function (field) {
      return isUnsaved(field) && !lineOf(field).hasAttribute("aria-busy");
    });
    if (unsaved) event.preventDefault();
  });

  function ready() {
    if (navigator.clipboard) all("[data-copy]").forEach(function (button) { button.hidden = false; });
    all("[data-keys]").forEach(function (button) { button.hidden = !keys.showModal; });
    all("[data-field]").forEach(showChanged);
    showPicked();
    showSilent();
  }

  /* What was done is said once. */
  window.addEventListener("load", function () { sheet.forget(["done", "did", "name", "silent"]); });
  ready();

  /* Requests */

  if (!window.htmx) return;
  var next = {};

  function isLineForm(element) { return element && element.tagName === "FORM" && element.id.indexOf("row-") === 0; }
  function fieldsOf(line) { return all("[data-field]", line); }

  /* The box is a button, too. */
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-informed]")) pressAct(lineOf(event.target), "informed");
  });

  /* A second press on a row waits for the answer to the first, which replaces the row. */
  document.addEventListener("submit", function (event) {
    if (!isLineForm(event.target)) return;
    var line = lineOf(event.target), act = event.submitter ? event.submitter.dataset.act : "comment";
    if (!line.hasAttribute("aria-busy")) { event.target.dataset.acting = act; return; }
    event.preventDefault();
    event.stopPropagation();
    next[line.id] = act;
  }, true);

  document.addEventListener("htmx:configRequest", function (event) {
    if (isSilent() && (isLineForm(event.detail.elt) || event.detail.elt.id === "bulk")) {
      event.detail.parameters.silent = "yes";
    }
  });

  document.addEventListener("htmx:beforeRequest", function (event) {
    var element = event.detail.elt;
    if (element === news() && document.hidden) { event.preventDefault(); return; }
    if (!isLineForm(element)) return;
    var line = lineOf(element);
    line.setAttribute("aria-busy", "true");
    fieldsOf(line).forEach(function (field) { field.dataset.sent = field.value; });
    say(line, "");
  });

  document.addEventListener("htmx:afterRequest", function (event) {
    var line = isLineForm(event.detail.elt) && lineOf(event.detail.elt);
    if (line) line.removeAttribute("aria-busy");
  });

  function failed(event) {
    var element = event.detail.elt, status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (element === news()) return;
    var words = sheet.why(status);
    if (!isLineForm(element)) {
      tell(element.closest && element.closest("#more") ? texts.unseen : words);
      return;
    }
    var line = lineOf(element), box = line.querySelector("[data-informed]"), act = element.dataset.acting;
    var wanted = box && box.checked;
    if (box) box.checked = box.defaultChecked;
    say(line, words, status === 404 ? null : function () {
      if (box && act === "informed") box.checked = wanted;
      pressAct(line, act);
    });
  }
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) { document.addEventListener(name, failed); });

  /* What was typed since the row was sent, and where the writer is, outlive the answer. */
  var kept = null, unsaved = null;
  function fill(fields) {
    fields.forEach(function (each) {
      var field = document.getElementById(each[0]);
      if (field) field.value = each[1];
    });
  }
  document.addEventListener("htmx:beforeSwap", function (event) {
    var source = event.detail.requestConfig.elt, line = isLineForm(source) ? lineOf(source) : null;
    kept = unsaved = null;
    if (source.id === "bulk") {
      unsaved = all("[data-field]").filter(isUnsaved).map(function (field) { return [field.id, field.value]; });
      return;
    }
    if (!line && toast.contains(source)) line = document.querySelector("#" + CSS.escape(event.detail.target.id));
    if (!line || !line.classList || !line.classList.contains("line")) return;
    var status = event.detail.xhr.status;
    /* A whole page about an error is not the row. */
    if (status >= 400 && event.detail.xhr.responseText.indexOf('<tr class="line') < 0) {
      event.detail.shouldSwap = false;
      event.detail.isError = true;
      return;
    }
    var act = isLineForm(source) ? source.dataset.acting : "", active = document.activeElement;
    var pick = line.querySelector(".pick");
    kept = {
      id: line.id, wasHere: line.contains(active) || active === document.body || toast.contains(active),
      field: active && line.contains(active) ? active.id : "", at: active && active.selectionStart,
      picked: pick && pick.checked, status: status, box: null, fields: []
    };
    fieldsOf(line).forEach(function (field) {
      var isNew = act ? field.value !== field.dataset.sent : field.value !== field.defaultValue;
      if (isNew) kept.fields.push([field.id, field.value]);
    });
    if (next[line.id] === "informed") kept.box = line.querySelector("[data-informed]").checked;
  });

  document.addEventListener("htmx:oobAfterSwap", function (event) { if (event.detail.target === toast) sheet.stay(); });

  /* Before any other key is heard: at once, not when the row has settled. */
  document.addEventListener("htmx:afterSwap", function () {
    if (unsaved) fill(unsaved);
    unsaved = null;
    if (!kept) { ready(); return; }
    var line = document.getElementById(kept.id), was = kept;
    kept = null;
    if (!line) return;
    fill(was.fields);
    if (was.picked && line.querySelector(".pick")) line.querySelector(".pick").checked = true;
    ready();
    if (was.wasHere) {
      var field = was.field && document.getElementById(was.field);
      (field || line).focus({ preventScroll: true });
      if (field && field.setSelectionRange && was.at !== null && field.type !== "checkbox") {
        field.setSelectionRange(Math.min(was.at, field.value.length), Math.min(was.at, field.value.length));
      }
      here = line;
    }
    if (was.box !== null && line.querySelector("[data-informed]")) line.querySelector("[data-informed]").checked = was.box;
    line.setAttribute("aria-busy", "true");
    settling[line.id] = was.status;
  });

  /* A row sends again once htmx has taken hold of it: what was pressed meanwhile goes first. */
  var settling = {};
  document.addEventListener("htmx:afterSettle", function () {
    ready();
    Object.keys(settling).forEach(function (id) {
      var line = document.getElementById(id), act = next[id], status = settling[id];
      delete settling[id];
      delete next[id];
      if (line) line.removeAttribute("aria-busy");
      if (act && status < 400) pressAct(line, act);
    });
  });

  document.addEventListener("visibilitychange", function () { if (!document.hidden && news()) htmx.trigger(news(), "look"); });
})();
