/* Pages work without this: it copies an order number at one press, sends a form once however often it is pressed, and
   takes what was said once out of the address. */
(function () {
  "use strict";

  function copied(button) {
    var words = button.textContent;
    if (words === button.dataset.copied) return;
    button.textContent = button.dataset.copied;
    setTimeout(function () { button.textContent = words; }, 2000);
  }

  if (navigator.clipboard) {
    document.querySelectorAll("[data-copy]").forEach(function (button) { button.hidden = false; });
    document.addEventListener("click", function (event) {
      var button = event.target.closest("[data-copy]");
      if (!button) return;
      navigator.clipboard.writeText(button.dataset.copy).then(function () { copied(button); });
    });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target.closest("[data-once]");
    if (!form) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });

  /* A page that is opened again, or sent to somebody, does not repeat what the last press did. */
  window.addEventListener("load", function () {
    var said = document.querySelector("[data-said-once]");
    if (!said) return;
    var address = new URL(window.location.href);
    said.dataset.saidOnce.split(" ").forEach(function (name) { address.searchParams.delete(name); });
    history.replaceState(null, "", address);
  });

  /* Back from the next page: the form may be sent again. */
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("[data-once]").forEach(function (form) { delete form.dataset.sent; });
  });
})();
