// The keys of this page, in a dialog: the sections of the help page that are about it.

import { gettext } from "./texts.js";

// The list speaks the language of the page, which is part of the addresses of its scripts.
const language = new URL(import.meta.url).pathname.split("/")[3];
let dialog = null;
let isFilled = false;

/** Opens the list, or closes it. */
export function toggle() {
  if (dialog?.open) return dialog.close();
  dialog ??= made();
  dialog.showModal();
  // What could not be loaded is loaded the next time.
  if (!isFilled) fill(dialog.querySelector("div"));
}

function made() {
  const list = Object.assign(document.createElement("dialog"), { className: "shortcuts" });
  const title = document.createElement("h2");
  title.id = "shortcuts-title";
  title.textContent = gettext("Keyboard shortcuts");
  list.setAttribute("aria-labelledby", title.id);
  const content = document.createElement("div");
  const form = Object.assign(document.createElement("form"), { method: "dialog" });
  const button = Object.assign(document.createElement("button"), { className: "button" });
  button.textContent = gettext("Close");
  form.append(button);
  list.append(title, content, form);
  list.addEventListener("click", ({ target }) => target === list && list.close());
  document.body.append(list);
  return list;
}

async function fill(content) {
  content.textContent = gettext("Loading …");
  const response = await fetch(`/help?lang=${language}`, { headers: { Accept: "text/html" } }).catch(
    () => null,
  );
  if (!response?.ok) {
    content.textContent = gettext("The list cannot be loaded. Try again when you are back online.");
    return;
  }
  const help = new DOMParser().parseFromString(await response.text(), "text/html");
  const here = ["everywhere", document.body.dataset.surface, document.querySelector("textarea") && "writing"];
  const own = [...help.querySelectorAll("[data-keys-of]")].filter((one) => here.includes(one.dataset.keysOf));
  // What is special here comes first.
  const [everywhere, ...rest] = own;
  content.replaceChildren(...rest, everywhere);
  isFilled = true;
}
