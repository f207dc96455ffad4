// Naming: while one types @ and a few letters, members whose handle or name begins so are offered below the field; after [[
// and a word or two, topics in which they stand.

import { call } from "../shell/api.js";

const CALLED = /(?:^|[\s(])@([\p{L}\p{N}_-]{1,30})$/u;
const TITLED = /\[\[([^[\]\n]{3,60})$/u;
let count = 0;

/** Offers members and topics to a field. */
export function offerNames(field) {
  const list = Object.assign(document.createElement("ul"), {
    className: "offers",
    id: `offers-${++count}`,
    hidden: true,
  });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Whom or what to name");
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let asked = "";
  let timer;

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    const start = field.selectionStart - asked.length;
    field.setRangeText(`${option.dataset.text} `, start, field.selectionStart, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const mark = (option) => {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === option));
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const show = (found) => {
    list.replaceChildren(...found.map((one, at) => offer(one, `${list.id}-${at}`)));
    list.hidden = !found.length;
    if (found.length) mark(list.firstElementChild);
    else close();
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    const before =
      field.selectionStart === field.selectionEnd ? field.value.slice(0, field.selectionStart) : "";
    const called = CALLED.exec(before);
    const titled = !called && TITLED.exec(before);
    asked = called ? called[1] : titled ? titled[0] : "";
    if (!asked) return close();
    timer = setTimeout(
      async () => {
        const wanted = asked;
        const found = await (called ? members(called[1]) : topics(titled[1])).catch(() => []);
        if (wanted === asked) show(found);
      },
      called ? 150 : 300,
    );
  });
  field.addEventListener("keydown", (key) => {
    if (list.hidden) return;
    const at = [...list.children].findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (key.key === "ArrowDown" || key.key === "ArrowUp") {
      const step = key.key === "ArrowDown" ? 1 : -1;
      mark(list.children[(at + step + list.children.length) % list.children.length]);
    } else if ((key.key === "Enter" && !key.ctrlKey && !key.metaKey) || key.key === "Tab")
      choose(list.children[at]);
    else if (key.key === "Escape") close();
    else return;
    key.preventDefault();
    key.stopPropagation();
  });
  field.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("pointerdown", (press) => {
    const option = press.target.closest("li");
    press.preventDefault();
    if (option) choose(option);
  });
}

async function members(prefix) {
  const answer = await call("GET", `/members?prefix=${encodeURIComponent(prefix)}`);
  return answer.ok
    ? answer.data.items.map((one) => ({ text: one.handle, name: one.display_name, beside: `@${one.handle}` }))
    : [];
}

// A link that only says where it leads is shown by the topic's title, to those who can read it.
async function topics(words) {
  const answer = await call("GET", `/search?q=${encodeURIComponent(words)}`);
  const titles = new Map(answer.ok ? answer.data.items.map((hit) => [hit.topic, hit.title]) : []);
  return [...titles].slice(0, 8).map(([id, title]) => ({ text: `/t/${id}`, name: title, beside: "" }));
}

function offer(one, id) {
  const option = Object.assign(document.createElement("li"), { id });
  option.setAttribute("role", "option");
  option.dataset.text = one.text;
  option.append(Object.assign(document.createElement("bdi"), { textContent: one.name }), ` ${one.beside}`);
  return option;
}
