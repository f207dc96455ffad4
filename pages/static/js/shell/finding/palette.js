// The palette: one field that finds what can be done on this page and where one can go, and below it what the search offers.
// It takes its entries from the page itself: the actions with a key, the buttons, the navigation and the languages.

import { keyOf, listeners } from "../keys.js";
import { keysOfPage } from "../shortcut_list.js";
import { gettext } from "../texts.js";
import { asksLater } from "./offers.js";
import { Options } from "./options.js";

const CONTROLS = "main :is(.button, .act, .tab, summary), .margin :is(.button, .act, summary)";
// What belongs to one of many things is listed only for the one that has the focus.
const OF_MANY = ".rows > li, .posts, .asked, .card, form.composer, dialog, [role=listbox]";
const MANY = ".post, .rows > li, .asked, .card";
let palette = null;

/** Opens the palette, or closes it. */
export function toggle() {
  if (palette?.dialog.open) return palette.close();
  palette ??= new Palette();
  palette.open();
}

class Palette extends Options {
  constructor() {
    const field = Object.assign(document.createElement("input"), {
      type: "text",
      autocomplete: "off",
      spellcheck: false,
      dir: "auto",
      placeholder: gettext("Actions, pages, topics, people …"),
    });
    const dialog = Object.assign(document.createElement("dialog"), { className: "palette" });
    dialog.append(field);
    super(field, gettext("Actions and pages"));
    this.dialog = dialog;
    dialog.setAttribute("aria-label", gettext("Find an action or a page"));
    field.setAttribute("aria-label", gettext("Find an action or a page"));
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-expanded", "true");
    field.addEventListener("input", () => this.look());
    dialog.addEventListener("click", ({ target }) => target === dialog && this.close());
    this.ask = asksLater((found) => this.filter(found ?? [], this.marked()));
    // Also when a link is followed, so that the page is as before when one comes back to it.
    this.list.addEventListener("click", () => this.close());
    document.body.append(dialog);
  }

  async open() {
    this.field.value = "";
    // Before the dialog takes the focus: what has it may be the post that is meant.
    this.entries = [...controls(), ...places(), ...languages()];
    this.dialog.showModal();
    this.filter();
    const keys = await keysOfPage().catch(() => []);
    this.entries = [...actions(keys), ...this.entries];
    const isTouched = this.field.value || this.marked() !== this.all()[0];
    this.filter([], isTouched ? this.marked() : null);
  }

  look() {
    this.filter();
    this.ask(this.field.value.trim());
  }

  // What arrives later leaves the mark where it is.
  filter(found = [], marked = null) {
    const typed = this.field.value.trim();
    const words = fold(typed).split(/\s+/);
    const fitting = this.entries.filter((one) => words.every((word) => fold(one.name).includes(word)));
    const headings = [...new Set(fitting.map((one) => one.group))];
    const nodes = headings.map((heading) =>
      group(heading, fitting.filter((one) => one.group === heading).map(option)),
    );
    this.show([...nodes, ...found, ...(typed ? [searchFor(typed)] : [])]);
    const all = this.all();
    this.mark(all.find((one) => marked && one.textContent === marked.textContent) ?? all[0] ?? null);
  }

  confirm() {
    const chosen = this.marked();
    // Closing gives the focus back to what had it, on which the action then works.
    this.close();
    chosen?.click();
  }

  close() {
    this.dialog.close();
  }
}

function actions(keys) {
  return keys
    .filter(({ action }) => listeners.some((does) => does[action]))
    .map(({ action, name }) => ({
      group: gettext("On this page"),
      name: capitalised(name),
      key: keyOf(action),
      run: () => perform(action),
    }));
}

// Does an action as if its key was pressed.
function perform(action) {
  listeners.some((does) => does[action] && does[action](keyOf(action)) !== false);
}

function controls() {
  const here = document.activeElement?.closest(MANY);
  const found = [...document.querySelectorAll(CONTROLS)].filter(
    (one) => isInSight(one) && (here?.contains(one) || !one.closest(OF_MANY)),
  );
  return distinct(
    found.map((one) => ({ group: gettext("On this page"), name: nameOf(one), run: () => one.click() })),
  );
}

function isInSight(control) {
  const closed = control.closest("details:not([open])");
  return control.offsetParent && !control.disabled && (!closed || control.parentElement === closed);
}

function places() {
  const found = [...document.querySelectorAll(".rail li a, .foot a")];
  return distinct(
    found.map((one) => ({ group: gettext("Go to"), name: nameOf(one), href: one.getAttribute("href") })),
  );
}

function languages() {
  return [...document.querySelectorAll(".languages button:not([aria-current])")].map((one) => ({
    group: gettext("Language"),
    name: one.textContent,
    lang: one.lang,
    run: () => one.click(),
  }));
}

function distinct(entries) {
  const known = new Set();
  return entries.filter(({ name, href }) => {
    const keys = [name, href].filter(Boolean);
    const isNew = name && !keys.some((key) => known.has(key));
    for (const key of keys) known.add(key);
    return isNew;
  });
}

function nameOf(control) {
  const copy = control.cloneNode(true);
  for (const mark of copy.querySelectorAll("svg, kbd, .unread, .face, .count")) mark.remove();
  return (control.getAttribute("aria-label") ?? copy.textContent).replace(/\s+/g, " ").trim();
}

function group(heading, options) {
  const made = document.createElement("div");
  made.setAttribute("role", "group");
  if (heading) {
    made.setAttribute("aria-label", heading);
    const title = Object.assign(document.createElement("p"), { textContent: heading });
    title.setAttribute("aria-hidden", "true");
    made.append(title);
  }
  made.append(...options);
  return made;
}

function option({ name, key, href, lang, run }) {
  const made = document.createElement(href ? "a" : "div");
  made.setAttribute("role", "option");
  const text = Object.assign(document.createElement("bdi"), { textContent: name });
  if (lang) text.lang = lang;
  made.append(text);
  if (key) made.append(Object.assign(document.createElement("kbd"), { textContent: key }));
  if (href) Object.assign(made, { href, tabIndex: -1 });
  else
    made.addEventListener("click", () => {
      palette.close();
      run();
    });
  return made;
}

function searchFor(words) {
  return group("", [
    option({
      name: gettext("Search all posts for “%(words)s”", { words }),
      href: `/search?${new URLSearchParams({ q: words })}`,
    }),
  ]);
}

const capitalised = (name) => name.charAt(0).toLocaleUpperCase() + name.slice(1);
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
