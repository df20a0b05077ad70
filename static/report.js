/* Nothing that was typed is lost: drafts of all forms on this device, and what to do when sending fails.
   Besides: rows of a spreadsheet that are pasted into the report form, and what htmx has to know of its answers.

   A form or field with data-draft="<key>" keeps a draft, for the person of data-person only. */
(function () {
  "use strict";

  var KEPT_FOR = 14 * 24 * 3600 * 1000;
  var SAVED_AFTER = 300;
  var PREFIX = "supplier-desk-draft:";
  var waiting = {};

  /* Else htmx writes the heights of fields into the page as style attributes, which the page's policy forbids. */
  if (window.htmx) window.htmx.config.attributesToSettle = ["class"];

  /* The store of this device. It may be blocked or full: then there are no drafts, and all else works. */

  function load(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch (blocked) { return null; }
  }

  function keep(key, draft) {
    try { localStorage.setItem(key, JSON.stringify(draft)); } catch (blocked) { /* Without drafts, then. */ }
  }

  function drop(key) {
    if (waiting[key]) clearTimeout(waiting[key].timer);
    delete waiting[key];
    try { localStorage.removeItem(key); } catch (blocked) { /* There was none. */ }
  }

  function eachDraft(act) {
    try {
      Object.keys(localStorage).forEach(function (key) {
        if (key.indexOf(PREFIX) === 0) act(key, load(key));
      });
    } catch (blocked) { /* There are none. */ }
  }

  function person() {
    var reader = document.querySelector("[data-person]");
    return reader ? reader.getAttribute("data-person") : "";
  }

  function keyOf(name) {
    return PREFIX + person() + ":" + name;
  }

  /* What a form or a field holds */

  function scopesIn(root) {
    var found = Array.prototype.slice.call(root.querySelectorAll("[data-draft]"));
    return root.matches && root.matches("[data-draft]") ? [root].concat(found) : found;
  }

  function fieldsOf(scope) {
    var all = scope.elements ? Array.prototype.slice.call(scope.elements) : [scope];
    return all.filter(function (field) {
      return field.name && /^(text|search|textarea|select-one)$/.test(field.type);
    });
  }

  function picturesOf(scope) {
    var there = scope.querySelectorAll("input[name=pictures][type=hidden], input[name=pictures]:checked");
    var keys = Array.prototype.map.call(there, function (input) { return input.value; });
    return keys.length ? keys : scope.onTheirWay || [];
  }

  function contentOf(scope) {
    var draft = { at: Date.now(), fields: {}, pictures: picturesOf(scope) };
    fieldsOf(scope).forEach(function (field) {
      if (field.value.trim()) draft.fields[field.name] = field.value;
    });
    return draft;
  }

  function isEmpty(draft) {
    return !Object.keys(draft.fields).length && !draft.pictures.length;
  }

  /* Keeping and bringing back */

  function save(scope) {
    var key = keyOf(scope.getAttribute("data-draft"));
    var draft = contentOf(scope);
    if (isEmpty(draft)) drop(key); else keep(key, draft);
  }

  function later(key, act) {
    if (waiting[key]) clearTimeout(waiting[key].timer);
    waiting[key] = { act: act, timer: setTimeout(function () { delete waiting[key]; act(); }, SAVED_AFTER) };
  }

  function saveAllNow() {
    Object.keys(waiting).forEach(function (key) {
      var act = waiting[key].act;
      clearTimeout(waiting[key].timer);
      delete waiting[key];
      act();
    });
  }

  function saveLater(scope) {
    if (!person()) return;
    later(keyOf(scope.getAttribute("data-draft")), function () { if (scope.isConnected) save(scope); });
  }

  function restore(scope) {
    if (!person()) return;
    var draft = load(keyOf(scope.getAttribute("data-draft")));
    if (!draft || !draft.fields) return;
    var filled = fieldsOf(scope).filter(function (field) {
      if (field.value.trim() || !draft.fields[field.name]) return false;
      field.value = draft.fields[field.name];
      return field.value !== "";
    });
    var offered = window.SupplierDesk && window.SupplierDesk.pictures;
    var lost = offered && scope.elements && (draft.pictures || []).length && !picturesOf(scope).length;
    if (lost) {
      scope.onTheirWay = draft.pictures;
      offered.restore(scope, draft.pictures);
    }
    filled.forEach(grow);
    filled.forEach(function (field) { field.dispatchEvent(new Event("change", { bubbles: true })); });
    if (!filled.length && !lost) return;
    sayRestored(scope, filled);
    /* On a phone the form is closed at first: what waits to be sent must be seen. */
    var report = scope.closest(".report");
    if (report) report.classList.add("open");
  }

  function sayRestored(scope, filled) {
    var words = wordsOf("draft-restored");
    if (!words) return;
    words.querySelector("button").addEventListener("click", function () {
      filled.forEach(function (field) { field.value = ""; grow(field); });
      scope.onTheirWay = null;
      Array.prototype.forEach.call(scope.querySelectorAll(".shot .off"), function (button) { button.click(); });
      words.remove();
      if (filled[0]) {
        filled[0].dispatchEvent(new Event("change", { bubbles: true }));
        filled[0].focus();
      }
      drop(keyOf(scope.getAttribute("data-draft")));
    });
    if (scope.elements) scope.insertBefore(words, scope.firstChild); else scope.parentNode.insertBefore(words, scope);
  }

  function forget(form) {
    scopesIn(form).forEach(function (scope) { drop(keyOf(scope.getAttribute("data-draft"))); });
    if (form.hasAttribute("data-rows-of")) drop(keyOf(form.getAttribute("data-rows-of")));
  }

  /* Without htmx the next page tells whether something arrived: only then goes what was on its way. */
  function forgetWhatArrived() {
    var arrived = /[?&](reported|added|done)=/.test(location.search);
    eachDraft(function (key, draft) {
      var tooOld = !draft || !(draft.at > Date.now() - KEPT_FOR);
      if (tooOld || (arrived && draft.sent && key.indexOf(keyOf("")) === 0)) drop(key);
    });
  }

  function markSent(form) {
    saveAllNow();
    var names = scopesIn(form).map(function (scope) { return scope.getAttribute("data-draft"); });
    if (form.hasAttribute("data-rows-of")) names.push(form.getAttribute("data-rows-of"));
    names.forEach(function (name) {
      var draft = load(keyOf(name));
      if (!draft) return;
      draft.sent = true;
      keep(keyOf(name), draft);
    });
  }

  /* Pasted rows, as text again: so that corrections survive, too */

  function cell(text) {
    return /[\t\n"]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function rowsOf(form) {
    return Array.prototype.map.call(form.querySelectorAll("tbody tr"), function (row) {
      var type = row.querySelector("[name=problem_type]");
      var called = type.value ? type.options[type.selectedIndex].text : row.querySelector("[name=type_typed]").value;
      return [row.querySelector("[name=order_number]").value, called, row.querySelector("[name=problem]").value,
        row.querySelector("[name=comment_supplier]").value].map(cell).join("\t");
    }).join("\n");
  }

  function saveRows(form) {
    if (person()) keep(keyOf(form.getAttribute("data-rows-of")), { at: Date.now(), fields: { rows: rowsOf(form) }, pictures: [] });
  }

  /* When sending fails */

  function wordsOf(id) {
    var template = document.getElementById(id);
    return template ? template.content.firstElementChild.cloneNode(true) : null;
  }

  function sayNotSent(form, status) {
    var shown = form.shownIn || form;
    silence(shown);
    var words = wordsOf("not-sent");
    if (!words) return;
    words.classList.add({ 0: "is-offline", 401: "is-out", 403: "is-out" }[status] || "is-failed");
    words.querySelector("button").addEventListener("click", function () { send(form); });
    shown.appendChild(words);
    words.scrollIntoView({ block: "nearest" });
  }

  function silence(form) {
    Array.prototype.forEach.call(form.querySelectorAll(".not-sent"), function (words) { words.remove(); });
  }

  function send(form) {
    var button = form.pressed && form.pressed.isConnected ? form.pressed : form.querySelector("button.main");
    if (button) button.click(); else if (form.requestSubmit) form.requestSubmit(); else form.submit();
  }

  function isOurs(form) {
    return Boolean(form && form.matches && form.matches("form[data-report]"));
  }

  function keepsDrafts(form) {
    return Boolean(form && form.matches && form.matches("form") && (isOurs(form) || scopesIn(form).length));
  }

  /* Rows that are pasted into the report form */

  function looksLikeRows(field, text) {
    return text.indexOf("\t") >= 0 || (field.name === "order_number" && /\n/.test(text.trim()));
  }

  function sendRows(form, text) {
    var board = form.querySelector("[name=board]").value;
    keep(keyOf("paste-" + board), { at: Date.now(), fields: { rows: text }, pictures: [] });
    var sent = document.createElement("form");
    var attributes = { method: "post", action: form.getAttribute("data-paste"), "data-report": "", hidden: "",
      "hx-post": form.getAttribute("data-paste"), "hx-target": "#main", "hx-select": "#main", "hx-swap": "outerHTML show:window:top" };
    Object.keys(attributes).forEach(function (name) { sent.setAttribute(name, attributes[name]); });
    var values = { rows: text, board: board, form_key: form.querySelector("[name=form_key]").value };
    Object.keys(values).forEach(function (name) {
      var input = document.createElement("textarea");
      input.name = name;
      input.value = values[name];
      sent.appendChild(input);
    });
    var button = document.createElement("button");
    button.className = "main";
    sent.appendChild(button);
    sent.shownIn = form;
    form.parentNode.appendChild(sent);
    if (window.htmx) window.htmx.process(sent);
    send(sent);
  }

  /* Fields that are as high as what is in them */

  function grow(field) {
    if (field.nodeName !== "TEXTAREA" || field.name === "rows") return;
    field.style.height = "auto";
    if (field.scrollHeight > field.clientHeight) field.style.height = field.scrollHeight + 2 + "px";
  }

  /* What the chosen type asks for, and the words it suggests while the field is empty */

  function applyRule(form) {
    var rule = form.querySelector("[data-rule]"), select = form.querySelector("select[name=problem_type]");
    if (!rule || !select) return;
    var type = select.options[select.selectedIndex], text = (type && type.getAttribute("data-text")) || "";
    var suggests = rule.querySelector(".suggests");
    rule.querySelector(".needs").hidden = !type || !type.hasAttribute("data-needs-picture");
    suggests.hidden = !text || Boolean(form.querySelector("[name=problem]").value.trim());
    suggests.querySelector("q").textContent = text;
    suggests.querySelector("button").hidden = false;
  }

  function useSuggestion(form) {
    var field = form.querySelector("[name=problem]");
    field.value = form.querySelector("[data-rule] q").textContent;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  function begin(root) {
    scopesIn(root).forEach(function (scope) {
      restore(scope);
      if (!isEmpty(contentOf(scope))) saveLater(scope);
    });
    Array.prototype.forEach.call(root.querySelectorAll("textarea"), grow);
    Array.prototype.forEach.call(root.querySelectorAll("[data-rule]"), function (rule) { applyRule(rule.closest("form")); });
    Array.prototype.forEach.call(root.querySelectorAll("[data-rows-of]"), showRows);
  }

  /* Reloading asks for the page to paste into, where the draft is. */
  function showRows(form) {
    saveRows(form);
    var address = form.getAttribute("data-address");
    if (location.pathname + location.search !== address) history.pushState(null, "", address);
  }

  /* What is being corrected is complained of no more; whether it is right now is said when it is sent. */
  function forgive(field) {
    if (!isOurs(field.form) || !field.hasAttribute("aria-invalid")) return;
    var wrong = document.getElementById(field.getAttribute("aria-describedby"));
    if (!wrong || !wrong.classList.contains("wrong")) return;
    wrong.remove();
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }

  document.addEventListener("input", function (event) {
    var field = event.target;
    grow(field);
    forgive(field);
    if (isOurs(field.form)) applyRule(field.form);
    var scope = field.closest("[data-draft]");
    if (scope) saveLater(scope);
    var rows = field.closest("[data-rows-of]");
    if (rows) later(keyOf(rows.getAttribute("data-rows-of")), function () { if (rows.isConnected) saveRows(rows); });
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-rule] button");
    if (button) useSuggestion(button.closest("form"));
  });
  document.addEventListener("change", function (event) {
    if (isOurs(event.target.form)) applyRule(event.target.form);
    var scope = event.target.closest("[data-draft]");
    if (scope) saveLater(scope);
  });
  document.addEventListener("pictures:changed", function (event) {
    var scope = event.target.closest("[data-draft]");
    if (!scope) return;
    if (event.detail.keys.length) scope.onTheirWay = null;
    saveLater(scope);
  });
  document.addEventListener("submit", function (event) {
    if (!keepsDrafts(event.target)) return;
    event.target.pressed = event.submitter;
    saveAllNow();
    silence(event.target.shownIn || event.target);
    if (!window.htmx) markSent(event.target);
  });
  document.addEventListener("paste", function (event) {
    var form = event.target.closest && event.target.closest("[data-paste]");
    var text = form && event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    if (!text || !looksLikeRows(event.target, text)) return;
    event.preventDefault();
    sendRows(form, text);
  });
  window.addEventListener("pagehide", saveAllNow);
  document.addEventListener("visibilitychange", function () { if (document.hidden) saveAllNow(); });

  document.addEventListener("htmx:configRequest", function (event) {
    var asked = event.detail.triggeringEvent;
    if (event.target.name === "order_number" && asked && asked.type === "change") event.detail.parameters.left = "1";
  });
  /* A form that comes back with what is wrong is shown like any other answer; a page about an error is not. */
  document.addEventListener("htmx:beforeSwap", function (event) {
    var status = event.detail.xhr.status;
    if (status < 400 || !isOurs(event.detail.requestConfig.elt)) return;
    event.detail.shouldSwap = event.detail.xhr.responseText.indexOf("data-report") >= 0;
    event.detail.isError = !event.detail.shouldSwap;
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    /* A form that was replaced is no longer what the event is about. */
    var form = event.detail.requestConfig.elt, status = event.detail.xhr.status;
    if (!keepsDrafts(form) || status < 200 || status >= 400) return;
    /* Pasted rows that are shown are not reported yet. */
    if (isOurs(form) && !event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    forget(form);
  });
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      if (isOurs(event.detail.elt)) sayNotSent(event.detail.elt, 0);
    });
  });
  document.addEventListener("htmx:responseError", function (event) {
    if (isOurs(event.detail.elt)) sayNotSent(event.detail.elt, event.detail.xhr.status);
  });

  /* After the scripts behind this one, which make the pictures' part of a form. */
  document.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== document.body) setTimeout(function () { begin(event.detail.elt); });
  });
  document.addEventListener("DOMContentLoaded", function () {
    forgetWhatArrived();
    begin(document.documentElement);
  });
  /* The rows replaced a page that is to be had again. */
  window.addEventListener("popstate", function () { if (document.querySelector("[data-rows-of]")) location.reload(); });
})();
