// The mention menu: while somebody types @ and a few letters, members whose handle or name starts with them are offered below
// the field; after [[ and the beginning of a word or two, topics that contain them.

import { call } from "../shell/api.js";
import { actionOf } from "../shell/keys.js";
import { faceOf } from "../shell/people.js";
import { gettext } from "../shell/texts.js";

// As on the server: beside scripts without spaces, not in addresses and paths.
const MENTION =
  /(?<![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}_@\uff20/#&=%\\.+-])[@\uff20]([\p{L}\p{M}\p{N}_-]{1,30})$/u;
const TOPIC = /\[\[([^[\]\n]{2,60})$/u;
const ACTIONS = {
  down: (menu) => menu.step(1),
  up: (menu) => menu.step(-1),
  confirm: (menu) => menu.choose(menu.marked()),
  insert: (menu) => menu.choose(menu.marked()),
  close: (menu) => menu.close(),
};
let count = 0;

/** What a text that ends at the cursor asks for: `{find, text, replaces}`, or null. */
export function askedFor(before) {
  const mention = MENTION.exec(before);
  if (mention) return { find: members, text: mention[1], replaces: mention[1].length };
  const topic = TOPIC.exec(before);
  return topic && { find: topics, text: topic[1], replaces: topic[0].length };
}

/** Offers members and topics to a field. */
export function offerNames(field) {
  const menu = new MentionMenu(field);
  field.addEventListener("input", () => menu.look());
  field.addEventListener("keydown", (key) => menu.press(key));
  field.addEventListener("blur", () => setTimeout(() => menu.close(), 150));
}

class MentionMenu {
  constructor(field) {
    this.field = field;
    this.asked = null;
    this.list = Object.assign(document.createElement("ul"), {
      className: "offers",
      id: `offers-${++count}`,
      hidden: true,
    });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", gettext("Members and topics"));
    field.after(this.list);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    this.list.addEventListener("pointerdown", (press) => {
      const option = press.target.closest("li");
      press.preventDefault();
      if (option) this.choose(option);
    });
  }

  look() {
    clearTimeout(this.timer);
    const { selectionStart, selectionEnd, value } = this.field;
    this.asked = selectionStart === selectionEnd ? askedFor(value.slice(0, selectionStart)) : null;
    if (!this.asked) return this.close();
    const asked = this.asked;
    this.timer = setTimeout(
      async () => {
        const found = await asked.find(asked.text).catch(() => []);
        if (this.asked === asked) this.show(found);
      },
      asked.find === members ? 150 : 300,
    );
  }

  show(found) {
    this.list.replaceChildren(...found.map((one, at) => offer(one, `${this.list.id}-${at}`)));
    this.list.hidden = !found.length;
    if (found.length) this.mark(this.list.firstElementChild);
    else this.close();
  }

  press(key) {
    const act = this.list.hidden ? null : ACTIONS[actionOf(key)];
    if (!act) return;
    act(this);
    key.preventDefault();
    key.stopPropagation();
  }

  marked() {
    return this.list.querySelector('[aria-selected="true"]');
  }

  step(by) {
    const options = [...this.list.children];
    this.mark(options[(options.indexOf(this.marked()) + by + options.length) % options.length]);
  }

  mark(option) {
    for (const one of this.list.children) one.setAttribute("aria-selected", String(one === option));
    this.field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  choose(option) {
    const { field } = this;
    field.setRangeText(
      `${option.dataset.text} `,
      field.selectionStart - this.asked.replaces,
      field.selectionStart,
      "end",
    );
    this.close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.list.replaceChildren();
    this.field.removeAttribute("aria-activedescendant");
  }
}

async function members(prefix) {
  const answer = await call("GET", `/members?prefix=${encodeURIComponent(prefix)}`);
  return answer.ok
    ? answer.data.items.map((one) => ({
        text: one.handle,
        name: one.display_name,
        beside: `@${one.handle}`,
        face: faceOf(one),
      }))
    : [];
}

/** The query for words of which the last is still being typed: `cobal` also finds cobalt. */
export function asPrefix(words) {
  const typed = words.trimEnd();
  return typed === words && /[\p{L}\p{M}\p{N}]$/u.test(typed) ? `${typed}*` : typed;
}

// A link that only says where it leads is shown by the topic's title, to those who can read it.
async function topics(words) {
  const answer = await call("GET", `/search?q=${encodeURIComponent(asPrefix(words))}`);
  const titles = new Map(answer.ok ? answer.data.items.map((hit) => [hit.topic, hit.title]) : []);
  return [...titles].slice(0, 8).map(([id, title]) => ({ text: `/t/${id}`, name: title, beside: "" }));
}

function offer(one, id) {
  const option = Object.assign(document.createElement("li"), { id });
  option.setAttribute("role", "option");
  option.dataset.text = one.text;
  if (one.face) option.append(one.face);
  option.append(Object.assign(document.createElement("bdi"), { textContent: one.name }), ` ${one.beside}`);
  return option;
}
