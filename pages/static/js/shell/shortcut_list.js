// The keys of this page, in a dialog: the sections of the help page that are about it.

import { addStyles } from "./finding/styles.js";
import { gettext } from "./texts.js";

// The list speaks the language of the page, which is part of the addresses of its scripts.
const [language] = (new URL(import.meta.url).pathname.split("/")[3] ?? "").split(".");
let lists = null;
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
  addStyles();
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
  const own = await listsOfPage().catch(() => null);
  if (!own) {
    content.textContent = gettext("The list cannot be loaded. Try again when you are back online.");
    return;
  }
  content.replaceChildren(...own.map((one) => one.cloneNode(true)));
  isFilled = true;
}

/** The actions of this page that have keys, each with what it does in words; throws without a connection. */
export async function keysOfPage() {
  const own = (await listsOfPage()).filter((one) => one.dataset.keysOf !== "writing");
  return own.flatMap((list) =>
    [...list.querySelectorAll("[data-action]")].map((one) => ({
      action: one.dataset.action,
      name: one.textContent,
    })),
  );
}

// The lists of this page from the page of help; what is special here comes first.
async function listsOfPage() {
  if (lists) return lists;
  const response = await fetch(`/help?lang=${language}`, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(response.status);
  const help = new DOMParser().parseFromString(await response.text(), "text/html");
  const here = ["everywhere", document.body.dataset.surface, document.querySelector("textarea") && "writing"];
  const own = [...help.querySelectorAll("[data-keys-of]")].filter((one) => here.includes(one.dataset.keysOf));
  const [everywhere, ...rest] = own;
  lists = [...rest, everywhere];
  return lists;
}
