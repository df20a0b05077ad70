/* Forms work without this: it shows a password to whoever types it, so that nobody has to type it twice. */
(function () {
  "use strict";

  function eye(field, show, hide) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "quiet eye";
    button.setAttribute("aria-controls", field.id);
    function turn(seen) {
      field.type = seen ? "text" : "password";
      button.textContent = seen ? hide : show;
    }
    button.addEventListener("click", function () { turn(field.type === "password"); });
    field.form.addEventListener("submit", function () { turn(false); });
    turn(false);
    field.after(button);
    field.parentElement.classList.add("has-eye");
  }

  document.querySelectorAll("[data-show]").forEach(function (part) {
    part.querySelectorAll("input[type=password]").forEach(function (field) {
      eye(field, part.dataset.show, part.dataset.hide);
    });
  });
})();
