// Buttons that fit stand in the row (two at least), the rest in a "…" menu.
import { h } from "./dom.js";

const AT_LEAST = 2;

export function fold(row) {
  const buttons = [...row.children];
  const room = row.clientWidth;
  if (!room || buttons.length <= AT_LEAST) return;
  const gap = 6;
  row.classList.add("measuring");
  const widths = buttons.map((button) => button.offsetWidth + gap);
  row.classList.remove("measuring");
  const all = widths.reduce((sum, width) => sum + width, -gap);
  if (all <= room) return;
  let used = 38;
  let shown = 0;
  while (shown < buttons.length && used + widths[shown] <= room) used += widths[shown++];
  shown = Math.max(AT_LEAST, shown);
  const menu = h("details", { class: "menu" }, h("summary", { "aria-label": "More actions" }, "…"), h("div", {}, buttons.slice(shown)));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.firstChild.focus();
  });
  menu.addEventListener("click", (event) => event.target.closest("button") && (menu.open = false));
  row.append(menu);
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open], details.panel[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
