// Small help with elements and moments; nothing here knows the page.

/** An element with attributes, listeners (onclick …) and children. Text is always text, never HTML. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A moment as "5 min ago", with the full date on hover; keepTimes() keeps it right. */
export function moment(at) {
  const date = new Date(at);
  const element = h("time", { datetime: at, title: date.toLocaleString() });
  element.textContent = ago(date);
  return element;
}

export function keepTimes() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time[datetime]")) {
      const text = ago(new Date(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  }, 15000);
}

function ago(date) {
  const minutes = Math.max(0, Math.round((Date.now() - date) / 60000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  if (minutes < 7 * 24 * 60) return `${Math.floor(minutes / 1440)} d ago`;
  return date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

export function chip(tag) {
  const dot = h("i", { class: "dot", "aria-hidden": "true" });
  dot.style.background = tag.decoration?.color || "#8a93a3";
  return h("span", { class: "chip" }, dot, tag.name);
}

export async function call(method, path, body) {
  const json = body !== undefined && !(body instanceof FormData);
  const response = await fetch(path, {
    method,
    headers: json ? { "Content-Type": "application/json" } : {},
    body: json ? JSON.stringify(body) : body,
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  return { ok: response.ok, status: response.status, ...answer };
}
