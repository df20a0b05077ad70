// The stand-in's own panel: faults, rate limit, the last integration call, the queue.
import { call, h, moment } from "./dom.js";

const SCOPES = {
  messages: "new messages", tickets: "new tickets", uploads: "uploads", writes: "all changes", all: "all calls",
};
let timer;

export function startControls(panel, ticketId, refresh) {
  const body = panel.querySelector(".panel-body");
  const figures = h("div", { class: "figures" });
  const faults = h("fieldset", { class: "faults" });
  const fire = h("button", { type: "button", disabled: !ticketId, onclick: () => fireAll(ticketId, refresh) }, "Ask the integrations about this ticket");
  body.append(figures, fire, faults);

  async function look() {
    clearTimeout(timer);
    if (!panel.open) return;
    const state = await call("GET", "/app/controls").catch(() => null);
    if (state) {
      drawFigures(figures, state);
      if (!faults.children.length) drawFaults(faults, state);
    }
    timer = setTimeout(look, 1000);
  }

  panel.addEventListener("toggle", look);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") panel.open = false;
  });
}

async function fireAll(ticketId, refresh) {
  const { data = [] } = (await call("GET", "/app/integrations")) || {};
  for (const id of data) await call("POST", `/_sandbox/integrations/${id}/fire`, { ticket_id: Number(ticketId) });
  refresh();
}

function drawFigures(root, state) {
  const last = state.last_call;
  const [used] = state.rate.header.split("/");
  const good = last && last.status >= 200 && last.status < 300;
  root.replaceChildren(
    h(
      "dl",
      {},
      h("dt", {}, "API rate limit"),
      h("dd", {}, state.rate.calls ? [h("meter", { min: 0, max: state.rate.calls, value: used, "aria-label": "Calls in the bucket" }), ` ${state.rate.header} in ${state.rate.seconds} s`] : "off"),
      h("dt", {}, "Integration queue"),
      h("dd", {}, state.queue ? `${state.queue} waiting` : "empty", state.late ? `, ${state.late} late` : ""),
      h("dt", {}, "Last integration call"),
      h("dd", {}, last ? [h("span", { class: `outcome ${good ? "success" : "error"}` }, last.status ? `HTTP ${last.status}` : last.error), ` ${last.milliseconds} ms, `, moment(last.at)] : "none yet"),
      state.deactivated.length ? [h("dt", {}, "Switched off"), h("dd", {}, state.deactivated.join(", "))] : null,
    ),
    h("ul", { class: "calls", "aria-label": "Newest API calls" }, state.api_calls.map((each) => h("li", {}, h("code", {}, `${each.method} ${each.path.replace("/api/", "")}`), h("span", {}, `${each.status}${each.fault ? ` · ${each.fault.replaceAll("_", " ")}` : ""}`)))),
  );
}

function drawFaults(root, state) {
  const scope = h("select", { name: "scope" }, Object.entries(SCOPES).map(([value, text]) => h("option", { value }, text)));
  const seconds = h("input", { type: "number", name: "seconds", min: 0, max: 60, step: 0.5, value: state.faults[0]?.seconds ?? 2 });
  scope.value = state.faults[0]?.scope || "messages";
  const sliders = Object.entries(state.kinds).map(([kind, meaning]) => slider(kind, meaning, state));
  root.append(
    h("legend", {}, "Faults of the API"),
    h("p", { class: "row" }, h("label", {}, "Hit ", scope), h("label", {}, "Seconds ", seconds)),
    ...sliders,
    h("button", { type: "button", onclick: () => (sliders.forEach((each) => each.set(0)), save()) }, "All faults off"),
  );
  const save = () => {
    const chosen = sliders.map((each) => each.rule()).filter((rule) => rule.probability > 0);
    const faults = chosen.map((rule) => ({ ...rule, scope: scope.value, seconds: Number(seconds.value) || 0 }));
    call("POST", "/_sandbox/faults", { faults });
  };
  root.addEventListener("change", save);
}

function slider(kind, meaning, state) {
  const now = state.faults.find((each) => each.kind === kind)?.probability || 0;
  const output = h("output", {}, `${now * 100} %`);
  const range = h("input", { type: "range", min: 0, max: 100, step: 10, name: kind, value: now * 100 });
  range.addEventListener("input", () => (output.textContent = `${range.value} %`));
  const [name, rest] = meaning.split(": ");
  const element = h("label", { class: "slider" }, h("span", {}, h("strong", {}, name), h("small", {}, rest)), range, output);
  element.rule = () => ({ kind, probability: Number(range.value) / 100 });
  element.set = (value) => ((range.value = value), (output.textContent = `${value} %`));
  return element;
}
