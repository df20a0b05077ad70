/* On narrow screens the rooms stand in one line: show the one we are in. And where something can be tried in the
   middle of a form, the Enter key tries it and does not save the form. */
(function () {
  "use strict";
  var here = document.querySelector(".sub [aria-current]");
  if (here) here.parentNode.scrollLeft = here.offsetLeft - here.parentNode.offsetLeft - 40;
  document.addEventListener("keydown", function (event) {
    var trial = event.key === "Enter" && !event.isComposing && event.target.matches("input") && event.target.closest(".try");
    if (!trial) return;
    event.preventDefault();
    trial.querySelector("button").click();
  });
})();
