// The mention menu: while somebody types @ and a few letters, members whose handle or name starts with them are offered below
// the field; after [[ and the beginning of a word or two, topics that have them in their title.

import { call } from "../shell/api.js";
import { Options } from "../shell/finding/options.js";
import { faceOf } from "../shell/people.js";
import { gettext } from "../shell/texts.js";

// As on the server: beside scripts without spaces, not in addresses and paths.
const MENTION =
  /(?<![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}_@\uff20/#&=%\\.+-])[@\uff20]([\p{L}\p{M}\p{N}_-]{1,30})$/u;
const TOPIC = /\[\[([^[\]\n]{2,60})$/u;

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
  field.addEventListener("blur", () => setTimeout(() => menu.close(), 150));
}

class MentionMenu extends Options {
  constructor(field) {
    super(field, gettext("Members and topics"));
    this.asked = null;
    this.takes.insert = this.takes.confirm;
    this.list.addEventListener("click", (click) => {
      const option = click.target.closest("[role=option]");
      click.preventDefault();
      if (option) this.choose(option);
    });
  }

  look() {
    clearTimeout(this.timer);
    const { selectionStart, selectionEnd, value } = this.field;
    this.asked = selectionStart === selectionEnd ? askedFor(value.slice(0, selectionStart)) : null;
    if (!this.asked) return this.close();
    const asked = this.asked;
    this.timer = setTimeout(async () => {
      const found = await asked.find(asked.text).catch(() => []);
      if (this.asked === asked) this.show(found);
    }, 150);
  }

  show(found) {
    if (!found.length) return this.close();
    super.show(found);
    this.mark(this.all()[0]);
  }

  choose(option) {
    const { field } = this;
    // A link that only says where it leads is shown by the topic's title, to those who can read it.
    field.setRangeText(
      `${option.dataset.text ?? option.getAttribute("href")} `,
      field.selectionStart - this.asked.replaces,
      field.selectionStart,
      "end",
    );
    this.close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

async function members(prefix) {
  const answer = await call("GET", `/members?prefix=${encodeURIComponent(prefix)}`);
  return answer.ok ? answer.data.items.map(offer) : [];
}

async function topics(words) {
  const { offersFor } = await import("../shell/finding/offers.js");
  return offersFor(words.trim(), { of: "topics" });
}

function offer(member) {
  const option = document.createElement("div");
  option.setAttribute("role", "option");
  option.dataset.text = member.handle;
  const [name, handle] = [member.display_name, `@${member.handle}`].map((textContent) =>
    Object.assign(document.createElement("bdi"), { textContent }),
  );
  option.append(faceOf(member), name, " ", handle);
  return option;
}
