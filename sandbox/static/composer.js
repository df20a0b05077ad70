// Writing below the conversation: as the customer, as the agent, or a note.
import { call } from "./dom.js";
import { toast } from "./toasts.js";

const HINTS = {
  customer: "Write what the customer would write…",
  agent: "Write an answer to the customer…",
  note: "Write a note that only colleagues see. @Name mentions somebody…",
};

export function startComposer(form, ticketId, agent, refresh) {
  const { body_text: text, file } = form.elements;
  const button = form.querySelector("button");
  const chosen = form.querySelector(".chosen");
  const remembered = `draft-${ticketId}`;

  function mode() {
    form.dataset.role = form.elements.role.value;
    text.placeholder = HINTS[form.dataset.role];
  }

  function names() {
    chosen.textContent = [...file.files].map((each) => each.name).join(", ");
  }

  async function send() {
    if (!text.value.trim() && !file.files.length) return text.focus();
    const body = new FormData(form);
    body.set("agent", agent());
    button.disabled = true;
    const answer = await call("POST", `/app/ticket/${ticketId}/messages`, body).catch(() => ({ ok: false }));
    button.disabled = false;
    if (!answer.ok) return toast("error", "The message could not be sent.");
    text.value = file.value = "";
    sessionStorage.removeItem(remembered);
    names();
    document.getElementById("timeline").scrollTop = 1e9;
    await refresh();
    document.getElementById("timeline").scrollTop = 1e9;
  }

  form.addEventListener("change", () => (mode(), names()));
  form.addEventListener("submit", (event) => (event.preventDefault(), send()));
  text.addEventListener("input", () => sessionStorage.setItem(remembered, text.value));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  });
  text.value = sessionStorage.getItem(remembered) || "";
  mode();
}
