// What is offered below a box of search while somebody types: topics, people, tags, sectors, events and stock-takes. It is
// loaded when somebody goes into the box. Without scripts the box leads to the page of results.

import { gettext, ngettext } from "../texts.js";
import { Options } from "./options.js";

const PAUSE = 150;
// As the server: two characters, or one sign of a script in which it can be a word.
const ENOUGH = /..|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const LONGEST = 100;
// What is offered speaks the language of the page, which is part of the addresses of its scripts.
const [language] = (new URL(import.meta.url).pathname.split("/")[3] ?? "").split(".");
const known = new WeakSet();

/** Whether what is typed is long enough to ask for something, and short enough. */
export const isAsking = (typed) => ENOUGH.test(typed) && typed.length <= LONGEST;

/** What is offered for what is typed, as nodes with options in them; throws when nothing came back. */
export async function offersFor(typed, { signal, of = "" } = {}) {
  const asked = new URLSearchParams({ q: typed, lang: language, ...(of && { of }) });
  const answer = await fetch(`/offers?${asked}`, { headers: { Accept: "text/html" }, signal });
  if (!answer.ok) return [];
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  return [...made.content.children];
}

/** Calls `show(nodes)` with what is offered for what was typed last, a moment after the last letter; null without a connection. */
export function asksLater(show) {
  let timer;
  let asking;
  return (typed) => {
    clearTimeout(timer);
    asking?.abort();
    if (!isAsking(typed)) return;
    const mine = new AbortController();
    asking = mine;
    timer = setTimeout(async () => {
      const found = await offersFor(typed, { signal: mine.signal }).catch(() => null);
      if (!mine.signal.aborted) show(found);
    }, PAUSE);
  };
}

/** Offers what fits to a box of search. */
export function offerTo(field) {
  if (!known.has(field)) new SearchOffers(field);
  known.add(field);
}

class SearchOffers extends Options {
  constructor(field) {
    super(field, gettext("Suggestions"));
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-expanded", "false");
    field.autocomplete = "off";
    this.said = Object.assign(document.createElement("span"), { className: "unseen" });
    this.said.setAttribute("role", "status");
    this.list.after(this.said);
    this.ask = asksLater((found) => this.take(found));
    field.addEventListener("input", () => this.look());
    field.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    if (field.value !== field.defaultValue) this.look();
  }

  look() {
    const typed = this.field.value.trim();
    if (!isAsking(typed)) this.close();
    this.ask(typed);
  }

  take(found) {
    if (!found?.length || document.activeElement !== this.field) return this.close();
    this.show(found);
    this.field.setAttribute("aria-expanded", "true");
    this.said.textContent = ngettext("%(num)s suggestion", "%(num)s suggestions", this.all().length);
  }

  close() {
    super.close();
    this.field.setAttribute("aria-expanded", "false");
    this.said.textContent = "";
  }
}
