// The list below a field from which one chooses while typing: members and topics in the composer, what the search offers, and
// the actions of the palette. The field keeps the focus, and the keys move a mark through the list (ARIA: listbox).

import { actionOf } from "../keys.js";
import { addStyles } from "./styles.js";

let count = 0;

export class Options {
  /** `name` is what screen readers call the list. */
  constructor(field, name) {
    addStyles();
    this.field = field;
    this.takes = {
      down: () => this.step(1),
      up: () => this.step(-1),
      confirm: () => this.confirm(),
      close: () => this.close(),
    };
    this.list = Object.assign(document.createElement("div"), {
      className: "offers",
      id: `offers-${++count}`,
      hidden: true,
    });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", name);
    field.after(this.list);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("keydown", (key) => this.press(key));
    // Pressing an option leaves the focus where it is.
    this.list.addEventListener("mousedown", (press) => press.preventDefault());
  }

  /** All options that are shown. */
  all() {
    return [...this.list.querySelectorAll('[role="option"]')];
  }

  /** The option that is marked, or null. */
  marked() {
    return this.list.querySelector('[aria-selected="true"]');
  }

  /** Shows nodes in which there are options. */
  show(nodes) {
    this.list.replaceChildren(...nodes);
    this.list.hidden = false;
    this.mark(null);
  }

  /** Moves the mark, from one end to the other. */
  step(by) {
    const options = this.all();
    const from = options.indexOf(this.marked());
    const start = from < 0 && by < 0 ? options.length : from;
    this.mark(options[(start + by + options.length) % options.length]);
  }

  /** Marks an option, or none with null. */
  mark(option) {
    for (const [at, one] of this.all().entries()) {
      one.id = `${this.list.id}-${at}`;
      one.setAttribute("aria-selected", String(one === option));
    }
    if (!option) return void this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  /** Presses the option that is marked; `false` if there is none. */
  confirm() {
    const option = this.marked();
    option?.click();
    return Boolean(option);
  }

  close() {
    this.list.hidden = true;
    this.list.replaceChildren();
    this.field.removeAttribute("aria-activedescendant");
  }

  press(key) {
    const take = this.list.hidden ? null : this.takes[actionOf(key)];
    if (!take || take() === false) return;
    key.preventDefault();
    key.stopPropagation();
  }
}
