// Pressing a widget's button: a dialog when something has to be typed or chosen, then the call, then a toast.
import { call, h } from "./dom.js";
import { toast } from "./toasts.js";

const executing = new Set();

const idOf = (button) => JSON.stringify([button.integration_id, button.label, button.action]);

export const pending = (button) => executing.has(idOf(button));

export function press(button, context) {
  if (button.opens_dialog) ask(button, (values) => execute(button, values, context));
  else execute(button, {}, context);
}

async function execute(button, values, context) {
  const id = idOf(button);
  const { ticketId, agent } = context;
  const waiting = toast("wait", "Executing action…");
  executing.add(id);
  context.redraw();
  const body = { ticket_id: ticketId, agent, label: button.label, integration_id: button.integration_id, action: button.action, values };
  const outcome = await call("POST", "/app/actions/execute", body).catch(() => ({ status: "error", msg: "The helpdesk could not be reached." }));
  executing.delete(id);
  waiting.remove();
  toast(outcome.status === "success" ? "success" : "error", outcome.msg || "The action failed.");
  context.redraw();
  context.refresh();
}

function ask(button, go) {
  const dialog = document.getElementById("dialog");
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "dialog-title" }, button.label),
    button.parameters.map(input),
    h("p", { class: "send" }, cancel, h("button", { type: "submit", class: "primary" }, "Execute")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    dialog.close();
    go(values);
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  (form.querySelector("input, select") || cancel).focus();
}

function input(parameter) {
  const { id, label, mandatory, value } = parameter;
  const name = h("span", {}, label, mandatory && h("span", { class: "required" }, " required"));
  if (parameter.type !== "dropdown") {
    return h("label", {}, name, h("input", { name: id, value, required: mandatory, autocomplete: "off", maxlength: 4000 }));
  }
  const none = mandatory ? null : h("option", { value: "" }, " - ");
  const select = h("select", { name: id, required: mandatory }, none, parameter.options.map((each) => h("option", { value: each }, each)));
  select.value = value;
  return h("label", {}, name, select);
}
