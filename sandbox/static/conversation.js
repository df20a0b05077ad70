// The ticket's head and its timeline: messages, notes, and buttons that were pressed.
import { chip, h, moment } from "./dom.js";

export function drawHead(root, ticket) {
  const facts = [ticket.channel.replaceAll("-", " "), ticket.assignee ? `assigned to ${ticket.assignee}` : "not assigned"];
  root.replaceChildren(
    h("a", { class: "back", href: "/app" }, "← All tickets"),
    h("h1", {}, ticket.subject || "No subject"),
    h(
      "p",
      { class: "facts" },
      h("span", { class: `state ${ticket.status}` }, ticket.status === "open" ? "Open" : "Closed"),
      h("span", { class: "muted" }, `#${ticket.id} · ${facts.join(" · ")}`),
      ticket.tags.map(chip),
    ),
    h("a", { class: "to-sidebar", href: "#sidebar" }, "To the widget ↓"),
  );
}

export function drawTimeline(root, items) {
  const atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 60;
  const first = !root.children.length;
  const there = new Map([...root.children].map((element) => [element.id, element]));
  const wanted = items.map((item) => keep(there, item));
  for (const element of [...root.children]) if (!wanted.includes(element)) element.remove();
  wanted.forEach((element, index) => {
    if (root.children[index] !== element) root.insertBefore(element, root.children[index] || null);
  });
  if (atEnd || first) root.scrollTop = root.scrollHeight;
}

function keep(there, item) {
  const id = `${item.kind}-${item.id}`;
  const text = JSON.stringify(item);
  const old = there.get(id);
  if (old && old.shown === text) return old;
  const element = item.kind === "action" ? action(item) : message(item);
  element.id = id;
  element.shown = text;
  return element;
}

function message(item) {
  const what = item.kind === "note" ? h("span", { class: "what" }, "Internal note") : null;
  const initials = item.who.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const unseen = item.mentions.filter((name) => !item.text.includes(`@${name}`));
  return h(
    "li",
    { class: `message ${item.kind}` },
    h("span", { class: "face", "aria-hidden": "true" }, initials),
    h(
      "div",
      { class: "bubble" },
      h("p", { class: "by" }, h("strong", {}, item.who), what, item.via === "api" && h("span", { class: "muted" }, "via API"), moment(item.at)),
      h("div", { class: "text" }, rich(item.text, item.mentions)),
      unseen.length ? h("p", { class: "tagged" }, "Mentions ", unseen.map((name) => h("mark", {}, `@${name}`))) : null,
      item.attachments.length ? h("ul", { class: "attachments" }, item.attachments.map(attachment)) : null,
    ),
  );
}

/** Text with its mentions marked and its addresses clickable. */
function rich(text, mentions) {
  const names = mentions.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp([...names.map((name) => `@${name}`), "https?://[^\\s<>\"]+"].join("|"), "g");
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(end, match.index), known(match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

function known(part) {
  if (part.startsWith("@")) return h("mark", {}, part);
  return h("a", { href: part, target: "_blank", rel: "noreferrer" }, part);
}

function attachment(file) {
  const picture = (file.content_type || "").startsWith("image/");
  const inside = picture ? h("img", { src: file.url, alt: file.name, loading: "lazy" }) : h("span", { class: "file" }, "File");
  return h("li", {}, h("a", { href: file.url, target: "_blank", rel: "noreferrer" }, inside, h("span", {}, file.name)));
}

function action(item) {
  const done = item.status === "success";
  return h(
    "li",
    { class: "event" },
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("span", {}, h("strong", {}, item.who), ` pressed “${item.action_label}”`),
        h("span", { class: `outcome ${item.status}` }, done ? "Done" : "Failed"),
        moment(item.at),
      ),
      done ? null : h("p", { class: "reason" }, item.msg),
      h("p", { class: "sent" }, `${item.payload.method} ${item.payload.url}`),
      values("Parameters", item.payload.params),
      values("Form", item.payload.form),
      values("JSON", item.payload.json),
    ),
  );
}

function values(title, given) {
  const entries = Object.entries(given || {});
  if (!entries.length) return null;
  const rows = entries.flatMap(([key, value]) => [
    h("dt", {}, key),
    h("dd", {}, typeof value === "string" ? value || "(empty)" : JSON.stringify(value)),
  ]);
  return h("dl", { "aria-label": title }, rows);
}
