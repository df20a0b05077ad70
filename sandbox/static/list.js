// The slim list of tickets on the left.
import { chip, h, moment } from "./dom.js";

export function drawList(root, tickets, current) {
  const top = root.scrollTop;
  const unread = tickets.filter((ticket) => ticket.is_unread).length;
  root.replaceChildren(
    h("h2", {}, "Tickets ", h("span", { class: "muted" }, unread ? `${unread} unread` : "all read")),
    h("ul", {}, tickets.map((ticket) => h("li", {}, entry(ticket, current)))),
  );
  if (root.dataset.drawn) root.scrollTop = top;
  else root.querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
  root.dataset.drawn = "yes";
}

function entry(ticket, current) {
  const classes = ["ticket", ticket.is_unread && "unread"].filter(Boolean).join(" ");
  return h(
    "a",
    { class: classes, href: `/app/ticket/${ticket.id}`, "aria-current": ticket.id === current ? "page" : null },
    h("span", { class: "row" }, h("strong", {}, ticket.customer || "Unknown"), moment(ticket.at)),
    h("span", { class: "subject" }, ticket.is_unread && h("span", { class: "hidden" }, "Unread: "), ticket.subject || "No subject"),
    h("span", { class: "excerpt" }, ticket.excerpt),
    h("span", { class: "chips" }, ticket.status === "closed" && h("span", { class: "chip" }, "Closed"), ticket.tags.map(chip)),
  );
}
