/* Pictures in forms. Forms work without this: it sends each picture as soon as it is chosen, dropped or pasted, and
   holds the form until all are there. For old phones: nothing after ES2018.

   window.SupplierDesk.pictures.restore(form, keys) brings back drafts that were kept; a form tells which it has by the
   event pictures:changed, whose detail.keys lists them. */
(() => {
  "use strict";

  const AT_ONCE = 2, STALLED_MS = 60000, AGAIN_MS = 3000;
  /* Answers that stay the same however often the same file is sent. */
  const FINAL = [413, 415, 422];
  const pickers = new WeakMap(), queue = [];
  let running = 0;

  const all = (root, selector) => Array.from(root.querySelectorAll(selector));
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const brings = (data) => Array.from((data && data.types) || []).includes("Files");

  function make(tag, className, text, where) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text || "";
    if (tag === "button") made.type = "button";
    if (where) where.appendChild(made);
    return made;
  }

  function ask(method, address, body, done, watch) {
    const request = new XMLHttpRequest();
    request.open(method, address);
    if (watch) request.upload.onprogress = watch;
    request.onloadend = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch (_) { /* a page for people */ }
      done(request.status, answer || {});
    };
    request.send(body);
    return request;
  }

  /* Choosing and sending */

  function enhance(root) {
    const form = root.closest("form");
    if (pickers.has(root) || !form) return;
    const input = root.querySelector("[type=file]"), list = root.querySelector(".shots");
    const telling = root.querySelector(".telling");
    const picker = { root, form, input, list, telling, words: root.dataset, shots: [], isReady: true };
    pickers.set(root, picker);
    root.classList.add("enhanced");
    input.tabIndex = -1;
    picker.add = make("button", "add", "");
    make("b", "", picker.words.add, picker.add);
    make("span", "", picker.words.drop, picker.add);
    input.after(picker.add);
    picker.add.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      take(picker, input.files);
      input.value = "";
    });
    form.addEventListener("paste", (event) => paste(picker, event));
    form.addEventListener("dragover", () => form.classList.add("drop-here"));
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(event.relatedTarget)) form.classList.remove("drop-here");
    });
    form.addEventListener("drop", (event) => {
      form.classList.remove("drop-here");
      if (brings(event.dataTransfer)) take(picker, event.dataTransfer.files);
    });
    form.addEventListener("reset", () => {
      picker.shots.slice().forEach(drop);
      changed(picker);
    });
    all(list, "[data-key]").forEach((item) => {
      const image = item.querySelector("img");
      const [width, height] = item.dataset.size.split(" × ");
      item.remove();
      keep(show(picker, { state: "kept" }), { key: item.dataset.key, thumb: image.src, width, height });
    });
    /* A browser that goes back puts chosen files into the field again. */
    if (input.files.length) take(picker, input.files);
    input.value = "";
  }

  function paste(picker, event) {
    const data = event.clipboardData;
    /* Cells of a sheet come as text and as a picture of them: the text is meant. */
    if (!data || Array.from(data.types).includes("text/plain")) return;
    const files = Array.from(data.files).filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    take(picker, files);
  }

  function take(picker, files) {
    Array.from(files).forEach((file) => {
      const shot = show(picker, { file, state: "waiting" });
      if (file.size > Number(picker.words.mostBytes)) fail(shot, picker.words.tooLarge, false);
      else queue.push(shot);
    });
    changed(picker);
    next();
  }

  function show(picker, shot) {
    shot.picker = picker;
    shot.item = make("li", "shot", "", picker.list);
    shot.name = make("span", "name", shot.file && shot.file.name, shot.item);
    shot.bar = make("progress", "", "", shot.item);
    shot.bar.setAttribute("aria-label", shot.name.textContent);
    shot.why = make("span", "why", "", shot.item);
    shot.again = make("button", "again quiet", picker.words.again, shot.item);
    shot.off = make("button", "off", "×", shot.item);
    shot.off.setAttribute("aria-label", `${picker.words.remove} ${shot.name.textContent || picker.words.kept}`);
    shot.again.addEventListener("click", () => {
      queue.push(shot);
      set(shot, "waiting");
      next();
      picker.add.focus({ preventScroll: true });
    });
    shot.off.addEventListener("click", () => {
      drop(shot);
      if (shot.key) ask("POST", `${picker.words.pictures}/${shot.key}/remove`, fields(picker), () => {});
      changed(picker);
      picker.add.focus({ preventScroll: true });
    });
    picker.shots.push(shot);
    shot.item.dataset.state = shot.state;
    return shot;
  }

  function set(shot, state) {
    shot.state = shot.item.dataset.state = state;
    changed(shot.picker);
  }

  function drop(shot) {
    shot.state = "gone";
    shot.item.remove();
    shot.picker.shots = shot.picker.shots.filter((other) => other !== shot);
    if (shot.request) shot.request.abort();
  }

  function fields(picker) {
    const body = new FormData(), key = picker.form.elements.form_key;
    if (key) body.append("form_key", key.value);
    return body;
  }

  function next() {
    while (running < AT_ONCE && queue.length) {
      const shot = queue.shift();
      if (shot.state === "waiting") send(shot);
    }
  }

  function send(shot) {
    const body = fields(shot.picker);
    let stalled;
    const watch = (event) => {
      clearTimeout(stalled);
      stalled = setTimeout(() => shot.request.abort(), STALLED_MS);
      if (event && event.lengthComputable && event.loaded < event.total) shot.bar.value = event.loaded / event.total;
      else shot.bar.removeAttribute("value");
    };
    body.append("picture", shot.file, shot.file.name || "picture");
    running += 1;
    set(shot, "sending");
    watch();
    shot.request = ask("POST", shot.picker.words.pictures, body, (status, answer) => {
      clearTimeout(stalled);
      running -= 1;
      shot.request = null;
      if (shot.state === "sending") settle(shot, status, answer);
      next();
    }, watch);
  }

  function settle(shot, status, answer) {
    const words = shot.picker.words;
    if (status === 201) {
      keep(shot, answer);
    } else if ((status === 0 || status === 503) && !shot.tried) {
      shot.tried = true;
      set(shot, "waiting");
      setTimeout(() => {
        queue.push(shot);
        next();
      }, AGAIN_MS);
    } else {
      const known = { 401: words.signedOut, 413: words.tooLarge, 503: words.busy };
      fail(shot, answer.error || known[status] || words.broken, !FINAL.includes(status));
    }
  }

  function fail(shot, why, mayHelp) {
    shot.why.textContent = why;
    shot.again.hidden = !mayHelp;
    set(shot, "failed");
  }

  function keep(shot, picture) {
    const image = document.createElement("img"), hidden = document.createElement("input");
    image.width = image.height = 96;
    image.alt = shot.name.textContent || shot.picker.words.kept;
    image.src = picture.thumb;
    hidden.type = "hidden";
    hidden.name = "pictures";
    hidden.value = shot.key = picture.key;
    shot.item.title = `${picture.width} × ${picture.height}`;
    shot.item.prepend(image, hidden);
    set(shot, "kept");
  }

  function changed(picker) {
    const { words, shots } = picker, count = (...states) => shots.filter((shot) => states.includes(shot.state)).length;
    const left = count("waiting", "sending"), failed = count("failed");
    const text = left ? (left > 1 ? words.left : words.oneLeft) : (failed > 1 ? words.failed : failed ? words.oneFailed : "");
    picker.telling.textContent = fill(text, { count: left || failed }) + (left && picker.held ? ` ${words.waits}` : "");
    picker.telling.classList.toggle("bad", !left && failed > 0);
    picker.isReady = !left && !failed;
    const keys = shots.filter((shot) => shot.state === "kept").map((shot) => shot.key);
    if (keys.join() !== picker.told) {
      picker.told = keys.join();
      picker.root.dispatchEvent(new CustomEvent("pictures:changed", { bubbles: true, detail: { keys } }));
    }
    if (!picker.held || left) return;
    const button = picker.held;
    picker.held = null;
    if (!failed) button.click();
  }

  /* Before anybody else hears of it: htmx, and what sends a form only once. */
  document.addEventListener("submit", (event) => {
    const picker = all(event.target, ".picker").map((root) => pickers.get(root)).find((known) => known && !known.isReady);
    if (!picker) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    picker.held = event.submitter || event.target.querySelector("button:not([type]), [type=submit]");
    changed(picker);
    picker.telling.scrollIntoView({ block: "nearest" });
  }, true);

  /* A picture that misses the form must not replace the page, and what was typed in it. */
  ["dragover", "drop"].forEach((name) => document.addEventListener(name, (event) => {
    if (brings(event.dataTransfer) && document.querySelector(".picker")) event.preventDefault();
  }));

  function restore(form, keys) {
    const picker = pickers.get(form.querySelector(".picker"));
    const missing = picker ? keys.filter((key) => !picker.shots.some((shot) => shot.key === key)) : [];
    if (!missing.length) return;
    ask("GET", `${picker.words.pictures}?keys=${encodeURIComponent(missing.join())}`, null, (_, answer) => {
      (answer.pictures || []).forEach((picture) => keep(show(picker, { state: "kept" }), picture));
    });
  }

  function enhanceAll(root) {
    if (root.matches && root.matches(".picker")) enhance(root);
    all(root, ".picker").forEach(enhance);
  }

  document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
  window.SupplierDesk = window.SupplierDesk || {};
  window.SupplierDesk.pictures = { restore };
  enhanceAll(document);
})();
