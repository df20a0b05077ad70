/* The order of a list that admins edit, by dragging or with the keys. Without this the two buttons beside each do the same. */
(function () {
  "use strict";

  function send(form, fields, focus) {
    var body = new FormData(form), board = form.closest(".board");
    Object.keys(fields).forEach(function (name) { body.set(name, fields[name]); });
    board.setAttribute("aria-busy", "true");
    return fetch(form.action, { method: "POST", body: body, headers: { "HX-Request": "true" } })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer); })
      .then(function (html) { show(board, html, focus); })
      .catch(function () { location.reload(); });
  }

  function show(board, html, focus) {
    var made = new DOMParser().parseFromString(html, "text/html").querySelector(".board");
    made.querySelectorAll(".archive").forEach(function (archive) { archive.open = board.querySelector(".archive").open; });
    board.replaceWith(document.adoptNode(made));
    prepare(made);
    var button = document.getElementById(focus);
    if (!button) return;
    if (button.disabled) button = button.form.querySelector(".handle");
    button.focus();
    document.getElementById("moved").textContent = button.form.querySelector(".handle").dataset.said;
  }

  function rows(board) {
    return Array.prototype.slice.call(board.querySelectorAll("[data-movable]"));
  }

  function drag(handle, event) {
    var row = handle.closest("tr"), board = handle.closest(".board"), before = rows(board).indexOf(row);
    event.preventDefault();
    handle.focus();
    /* Not the handle: whatever is moved in the page loses its hold of the pointer. */
    board.setPointerCapture(event.pointerId);
    row.classList.add("dragged");

    function move(event) {
      var others = rows(board).filter(function (other) { return other !== row; });
      var below = others.find(function (other) {
        var box = other.getBoundingClientRect();
        return event.clientY < box.top + box.height / 2;
      });
      var last = others[others.length - 1];
      if (below && row.nextElementSibling !== below) below.before(row);
      if (!below && last && last.nextElementSibling !== row) last.after(row);
    }

    function end(event) {
      board.removeEventListener("pointermove", move);
      board.removeEventListener("pointerup", end);
      board.removeEventListener("pointercancel", end);
      row.classList.remove("dragged");
      var place = rows(board).indexOf(row), next = rows(board)[place + 1];
      if (event.type === "pointercancel") { location.reload(); return; }
      if (place !== before) send(handle.form, { before: next ? next.dataset.entry : "" }, handle.id);
    }

    board.addEventListener("pointermove", move);
    board.addEventListener("pointerup", end);
    board.addEventListener("pointercancel", end);
  }

  function prepare(board) {
    board.querySelectorAll(".handle").forEach(function (handle) {
      handle.hidden = false;
      handle.addEventListener("pointerdown", function (event) { if (event.button === 0) drag(handle, event); });
      handle.addEventListener("keydown", function (event) {
        var step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
        if (!step) return;
        event.preventDefault();
        if (!board.hasAttribute("aria-busy")) send(handle.form, { step: step }, handle.id);
      });
    });
    board.querySelectorAll(".steps").forEach(function (form) {
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        send(form, { step: event.submitter.value }, event.submitter.id);
      });
    });
  }

  document.querySelectorAll(".board").forEach(prepare);
})();
