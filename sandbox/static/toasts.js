// Short messages at the bottom right. Errors stay until they are closed.
import { h } from "./dom.js";

export function toast(kind, text) {
  const close = h("button", { type: "button", "aria-label": "Close", onclick: () => element.remove() }, "×");
  const word = { success: "Done", error: "Error", wait: "" }[kind];
  const element = h("p", { class: `toast ${kind}`, role: kind === "error" ? "alert" : null }, word && h("b", {}, word), h("span", {}, text), close);
  document.getElementById("toasts").append(element);
  if (kind === "success") setTimeout(() => element.remove(), 4000);
  return element;
}
