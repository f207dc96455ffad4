// A form that was refused: every wrong field is marked where it is, and a line above the form links to each of them.

import { say, unsay, words } from "./api.js";
import { gettext } from "./texts.js";

/**
 * Says in a form why an answer refused it, and marks the fields that the answer names. `names` are those of fields that have
 * another name in the API, by that name.
 */
export function showRefused(form, answer, names = {}) {
  clearRefused(form);
  const found = [];
  for (const { field, detail } of answer.data?.errors ?? []) {
    const input = fieldOf(form, field, names);
    if (input) found.push([input, detail]);
  }
  if (!found.length) return say(words(answer), form);
  say(gettext("Something in the form needs to be corrected."), form);
  for (const [input, detail] of found) {
    mark(input, detail);
    const label = input.labels?.[0]?.firstChild?.textContent.trim() ?? "";
    const text = label ? gettext("%(label)s: %(problem)s", { label, problem: detail }) : detail;
    const link = Object.assign(document.createElement("a"), { href: `#${input.id}`, textContent: text });
    form.querySelector(":scope > .notice.by-script").append(document.createElement("br"), link);
  }
}

/** Takes back what `showRefused` said and marked. */
export function clearRefused(form) {
  unsay(form);
  form.querySelector("#refused")?.remove();
  for (const line of form.querySelectorAll(".wrong")) line.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    const about = (input.getAttribute("aria-describedby") ?? "").split(" ");
    const others = about.filter((id) => id && id !== `${input.id}-wrong`);
    input.removeAttribute("aria-invalid");
    if (others.length) input.setAttribute("aria-describedby", others.join(" "));
    else input.removeAttribute("aria-describedby");
  }
}

// The path of a field names the part of the body first and the field last, such as reason.rule.
function fieldOf(form, path, names) {
  const parts = path.replace(/\[.*/, "").split(".");
  const name = [parts.join("."), parts.at(-1), parts[0]].map((part) => names[part] ?? part);
  return name.map((one) => form.elements[one]).find((input) => input?.id);
}

function mark(input, detail) {
  const line = Object.assign(document.createElement("p"), {
    id: `${input.id}-wrong`,
    className: "wrong",
    textContent: detail,
  });
  input.after(line);
  input.closest("details")?.setAttribute("open", "");
  const about = input.getAttribute("aria-describedby");
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", about ? `${about} ${line.id}` : line.id);
}
