// Asks for the page's state every second and redraws only the parts that changed.
import { call, h, keepTimes } from "./dom.js";
import { drawList } from "./list.js";
import { drawHead, drawTimeline } from "./conversation.js";
import { startComposer } from "./composer.js";
import { drawSidebar } from "./sidebar.js";
import { startControls } from "./controls.js";

const ticketId = document.body.dataset.ticket;
const chooser = document.getElementById("agent");
const drawn = new Map();
let version = "";
let timer;

function agent() {
  return new URLSearchParams(location.search).get("agent") || localStorage.getItem("agent") || "";
}

function draw(part, state, how) {
  const text = JSON.stringify(state);
  if (drawn.get(part) === text) return;
  drawn.set(part, text);
  how();
}

function drawAgents(state) {
  chooser.replaceChildren(...state.agents.map((each) => h("option", { value: each.email }, each.name)));
  if (!state.agents.some((each) => each.email === state.agent.email)) {
    chooser.append(h("option", { value: state.agent.email }, state.agent.name));
  }
  chooser.value = state.agent.email;
}

function show(state) {
  version = state.version;
  draw("agents", [state.agents, state.agent], () => drawAgents(state));
  draw("list", state.list, () => drawList(document.getElementById("list"), state.list, Number(ticketId)));
  if (!ticketId) return;
  draw("head", state.ticket, () => drawHead(document.getElementById("head"), state.ticket));
  draw("timeline", state.timeline, () => drawTimeline(document.getElementById("timeline"), state.timeline));
  draw("sidebar", [state.ticket.customer, state.widgets, state.agent], () =>
    drawSidebar(document.getElementById("sidebar"), state, refresh),
  );
  if (state.ticket.is_unread && !document.hidden) call("POST", `/app/ticket/${ticketId}/read`);
}

async function ask() {
  const query = new URLSearchParams({ ticket: ticketId, agent: agent(), version });
  const response = await fetch(`/app/state?${query}`);
  document.body.classList.remove("offline");
  if (response.status === 410) location.href = "/app";
  if (response.status === 200) show(await response.json());
}

async function refresh() {
  clearTimeout(timer);
  await ask().catch(() => document.body.classList.add("offline"));
  clearTimeout(timer);
  timer = setTimeout(refresh, 1000);
}

chooser.addEventListener("change", () => {
  localStorage.setItem("agent", chooser.value);
  const url = new URL(location.href);
  url.searchParams.delete("agent");
  history.replaceState(null, "", url);
  version = "";
  refresh();
});

// How many buttons fit depends on the width.
window.addEventListener("resize", () => {
  drawn.delete("sidebar");
  version = "";
});

if (new URLSearchParams(location.search).get("agent")) localStorage.setItem("agent", agent());
if (ticketId) startComposer(document.getElementById("composer"), ticketId, () => chooser.value, refresh);
startControls(document.getElementById("controls"), ticketId, refresh);
keepTimes();
refresh();
