// The customer and the widgets: cards and lists exactly as the server rendered them.
import { h, moment } from "./dom.js";
import { press, pending } from "./actions.js";
import { fold } from "./folding.js";

const toggled = new Map(); // card key -> open or not, as the agent left it
const pages = new Map(); // list key -> how many cards are shown

export function drawSidebar(root, state, refresh) {
  const top = root.scrollTop;
  const focused = document.activeElement?.dataset?.key;
  const menus = [...root.querySelectorAll("details.menu[open]")].map((menu) => menu.parentElement.dataset.row);
  const context = { ticketId: state.ticket.id, agent: state.agent.email, redraw: () => drawSidebar(root, state, refresh), refresh };
  root.replaceChildren(customer(state.ticket.customer), ...state.widgets.map((widget) => widgetOf(widget, context)));
  if (!state.widgets.length) root.append(h("p", { class: "muted empty" }, "No widget yet. It appears when an app installs one."));
  root.scrollTop = top;
  root.querySelectorAll(".buttons").forEach(fold);
  for (const key of menus) root.querySelector(`[data-row="${CSS.escape(key)}"] details.menu`)?.setAttribute("open", "");
  if (focused) root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function customer(person) {
  return h("div", { class: "person" }, h("h2", {}, person?.name || "Unknown"), h("p", { class: "muted" }, person?.email || "no address"));
}

function widgetOf(widget, context) {
  const inside = { ...context, prefix: `w${widget.widget_id}` };
  return h(
    "section",
    { class: "widget", "aria-label": widget.name },
    widget.deactivated && h("p", { class: "off" }, "Switched off after too many failed calls."),
    widget.blocks.length
      ? widget.blocks.map((block) => part(block, inside))
      : h("p", { class: "muted empty" }, `${widget.name}: nothing to show yet. It is asked with the next message or change.`),
    widget.answered_datetime && h("footer", {}, `${widget.name} answered `, moment(widget.answered_datetime)),
  );
}

function part(block, context) {
  if (block.kind === "card") return card(block, context);
  return block.kind === "list" ? list(block, context) : h("dl", { class: "fields" }, field(block));
}

function list(block, context) {
  const key = `${context.prefix}/${block.key}`;
  const count = pages.get(key) || block.limit;
  const rest = block.cards.length - count;
  const more = () => {
    pages.set(key, count + block.limit);
    context.redraw();
  };
  return h(
    "section",
    { class: "cards" },
    block.title && h("h4", {}, block.title, h("span", { class: "muted" }, ` ${block.cards.length}`)),
    block.cards.slice(0, count).map((each) => part(each, context)),
    rest > 0 && h("button", { type: "button", class: "more", "data-key": `${key}/more`, onclick: more }, `${rest} more`),
  );
}

function card(block, context) {
  const key = `${context.prefix}/${block.key}/${block.title}`;
  const open = toggled.get(key) ?? block.open;
  const toggle = () => {
    toggled.set(key, !open);
    context.redraw();
  };
  const titled = block.header && (block.title || block.picture || block.color);
  const element = h(
    "article",
    { class: `card ${open ? "open" : "closed"}` },
    titled && h("header", {}, title(block, open, key, toggle), block.link && h("a", { class: "title-link", href: block.link, target: "_blank", rel: "noreferrer" }, "↗")),
    (open || !titled) && body(block, context, key),
  );
  if (block.color) element.style.borderLeftColor = block.color;
  return element;
}

function title(block, open, key, toggle) {
  const inside = [block.picture && h("img", { src: block.picture, alt: "" }), h("span", {}, block.title)];
  return h("button", { type: "button", class: "title", "aria-expanded": String(open), "data-key": key, onclick: toggle }, inside);
}

function body(block, context, key) {
  const rows = [];
  for (const child of block.children) {
    if (child.kind !== "field") rows.push(part(child, context));
    else if (rows.at(-1)?.tagName === "DL") rows.at(-1).append(...field(child));
    else rows.push(h("dl", { class: "fields" }, field(child)));
  }
  return h(
    "div",
    { class: "card-body" },
    block.empty ? h("p", { class: "muted" }, block.empty) : rows,
    block.buttons.length > 0 && h("div", { class: "buttons", "data-row": key }, block.buttons.map((each, index) => button(each, `${key}/${index}`, context))),
    block.links.length > 0 && h("p", { class: "links" }, block.links.map((link) => h("a", { href: link.url, target: "_blank", rel: "noreferrer" }, link.label, " ↗"))),
  );
}

function button(made, key, context) {
  const busy = pending(made);
  return h(
    "button",
    { type: "button", "data-key": key, disabled: busy, "aria-busy": busy ? "true" : null, onclick: () => press(made, context) },
    made.label,
  );
}

function field(shown) {
  const value = shown.href ? h("a", { href: shown.href, target: "_blank", rel: "noreferrer" }, shown.text) : shown.text;
  const classes = [`type-${shown.type}`, shown.text === "-" && "none", shown.type === "boolean" && (shown.value ? "yes" : "no")];
  return [h("dt", {}, shown.title), h("dd", { class: classes.filter(Boolean).join(" ") }, value)];
}
