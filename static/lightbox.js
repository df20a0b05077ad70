/* A line's pictures, large, without leaving the page. Links to the pictures work without this. What is shown first is
   small; the whole picture is loaded only to be looked at closely. For old phones: nothing after ES2018. */
(() => {
  "use strict";

  const STEP = 1.6;
  const box = { at: 0, links: [], zoom: 1, most: 2 };

  function make(tag, className, text, where) {
    const made = where.appendChild(document.createElement(tag));
    made.className = className;
    made.textContent = text;
    if (tag === "button") made.type = "button";
    return made;
  }

  function build() {
    box.dialog = make("dialog", "lightbox", "", document.body);
    box.stage = make("div", "stage", "", box.dialog);
    box.image = make("img", "", "", box.stage);
    box.gone = make("p", "gone", "", box.stage);
    box.gone.setAttribute("role", "alert");
    const bar = make("div", "bar", "", box.dialog);
    box.of = make("span", "of", "", bar);
    box.of.setAttribute("aria-live", "polite");
    const button = (name, sign, act, where) => {
      box[name] = make("button", name, sign, where);
      box[name].addEventListener("click", act);
    };
    button("farther", "－", () => zoom(box.zoom / STEP), bar);
    button("closer", "＋", () => zoom(box.zoom * STEP), bar);
    box.download = make("a", "download", "", bar);
    button("close", "×", () => box.dialog.close(), bar);
    button("previous", "‹", () => turn(-1), box.dialog);
    button("next", "›", () => turn(1), box.dialog);
    box.dialog.addEventListener("close", () => {
      box.image.removeAttribute("src");
      box.opener.focus({ preventScroll: true });
    });
    box.dialog.addEventListener("keydown", (event) => {
      const act = {
        ArrowLeft: () => turn(-1), ArrowRight: () => turn(1), "-": () => zoom(box.zoom / STEP),
        "+": () => zoom(box.zoom * STEP), "=": () => zoom(box.zoom * STEP),
      }[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    });
    box.stage.addEventListener("click", press);
    box.stage.addEventListener("touchstart", (event) => {
      box.touch = event.touches.length === 1 ? event.touches[0] : null;
    }, { passive: true });
    box.stage.addEventListener("touchend", swipe);
    window.addEventListener("resize", () => box.dialog.open && zoom(1));
  }

  function open(link) {
    const list = link.closest(".thumbs"), words = list.dataset;
    if (!box.dialog) build();
    box.links = Array.from(list.querySelectorAll("a"));
    box.words = words;
    box.opener = link;
    box.dialog.setAttribute("aria-label", words.lightbox);
    ["previous", "next", "closer", "farther", "close"].forEach((name) => {
      box[name].setAttribute("aria-label", words[name]);
      box[name].title = words[name];
    });
    box.previous.hidden = box.next.hidden = box.links.length < 2;
    box.download.textContent = words.download;
    box.dialog.showModal();
    box.close.focus();
    look(box.links.indexOf(link));
  }

  function look(at) {
    const link = box.links[box.at = at], { width, height, view } = link.dataset, small = link.querySelector("img");
    box.image.width = width;
    box.image.height = height;
    box.image.alt = small.alt;
    box.image.src = small.src;
    box.gone.textContent = "";
    box.of.textContent = `${box.words.of.replace("{number}", at + 1).replace("{count}", box.links.length)} · ${width} × ${height}`;
    box.download.href = `${link.href}?download=1`;
    box.shown = small.src;
    zoom(1);
    load(view);
  }

  function turn(by) {
    look((box.at + by + box.links.length) % box.links.length);
  }

  /* What is there stays until the finer one is. */
  function load(address) {
    const link = box.links[box.at], finer = new Image();
    if (box.shown === address) return;
    box.shown = address;
    const isWanted = () => box.dialog.open && box.links[box.at] === link && box.shown === address;
    finer.onload = () => { if (isWanted()) box.image.src = address; };
    finer.onerror = () => { if (isWanted()) box.gone.textContent = box.words.gone; };
    finer.src = address;
  }

  /* 1 fits the screen. The point `x`, `y` of the stage, or its middle, stays where it is. */
  function zoom(to, x, y) {
    const { stage, image, links, at } = box, width = Number(links[at].dataset.width);
    const fits = Math.min(stage.clientWidth, width, stage.clientHeight * width / Number(links[at].dataset.height));
    const from = box.zoom, most = Math.max(2, width / fits);
    x = x === undefined ? stage.clientWidth / 2 : x;
    y = y === undefined ? stage.clientHeight / 2 : y;
    box.zoom = Math.max(1, Math.min(to, most));
    box.most = most;
    const left = (stage.scrollLeft + x) * box.zoom / from - x, top = (stage.scrollTop + y) * box.zoom / from - y;
    image.style.width = `${fits * box.zoom}px`;
    stage.classList.toggle("zoomed", box.zoom > 1);
    stage.scrollLeft = left;
    stage.scrollTop = top;
    if (box.zoom > 1) load(links[at].href);
  }

  /* A mouse zooms by one press, a finger by two: one finger also scrolls and swipes. */
  function press(event) {
    if (event.target !== box.image) {
      box.dialog.close();
      return;
    }
    const now = Date.now(), isFinger = now - (box.touchedAt || 0) < 700, isSecond = now - (box.pressedAt || 0) < 350;
    box.pressedAt = now;
    if (isFinger && !isSecond) return;
    const place = box.stage.getBoundingClientRect();
    zoom(box.zoom > 1 ? 1 : box.most, event.clientX - place.left, event.clientY - place.top);
  }

  function swipe(event) {
    box.touchedAt = Date.now();
    const from = box.touch, to = event.changedTouches[0];
    box.touch = null;
    const pinched = window.visualViewport && window.visualViewport.scale > 1.01;
    if (!from || box.zoom > 1 || pinched || box.links.length < 2) return;
    const across = to.clientX - from.clientX, down = to.clientY - from.clientY;
    if (Math.abs(across) > 50 && Math.abs(across) > 2 * Math.abs(down)) turn(across < 0 ? 1 : -1);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".thumbs a");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
    event.preventDefault();
    open(link);
  });
})();
