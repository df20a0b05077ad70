/* On narrow screens the rooms stand in one line: show the one we are in. */
(function () {
  "use strict";
  var here = document.querySelector(".sub [aria-current]");
  if (here) here.parentNode.scrollLeft = here.offsetLeft - here.parentNode.offsetLeft - 40;
})();
