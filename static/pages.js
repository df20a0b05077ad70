/* Pages work without this: it copies an order number at one press, and sends a form once however often it is pressed. */
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

  /* Back from the next page: the form may be sent again. */
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("[data-once]").forEach(function (form) { delete form.dataset.sent; });
  });
})();
