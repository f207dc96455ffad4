// Quoting: what is selected in a post goes into an answer to it, with a line that leads back.

import { gettext, isRightToLeft, pgettext } from "../shell/texts.js";
import { markdownOf } from "./markdown.js";

const NOT_IN_LABEL = /[[\]\n\\]/g;

/** Words of a post as they stand in the field where one writes. */
export function quote(article, words) {
  const name = article.querySelector(".who").textContent.replace(NOT_IN_LABEL, "") || gettext("Anonymous");
  const said = words
    .trim()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
  return `> [${name}, #${article.dataset.number}](/p/${article.dataset.id}):\n${said}\n\n`;
}

/** All that a post says, as Markdown, without what it quotes itself. */
export const wordsOf = (article) => markdownOf(article.querySelector(".said").cloneNode(true));

/** Offers to quote what is selected: `take(article, words)` is called when somebody does. */
export function offerQuotes(list, take) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "pill quoting",
    hidden: true,
    textContent: pgettext("verb", "Quote"),
  });
  list.after(button);
  let chosen = null;
  const look = () => {
    chosen = selected(list);
    button.hidden = !chosen;
    if (chosen) place(button, chosen.range);
  };
  document.addEventListener("selectionchange", look);
  look();
  // Pressing must not take the selection away before it is read.
  button.addEventListener("pointerdown", (press) => press.preventDefault());
  button.addEventListener("click", () => {
    const words = chosen && markdownOf(selectedPart(chosen));
    if (words) take(chosen.article, words);
    document.getSelection().removeAllRanges();
  });
}

function selected(list) {
  const selection = document.getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const at = (node) =>
    (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".post > .said");
  const said = at(range.startContainer);
  if (!said || said !== at(range.endContainer) || !list.contains(said) || said.closest(".gone")) return null;
  const article = said.closest(".post");
  return article.querySelector(".act.reply") && range.toString().trim() ? { article, range } : null;
}

function place(button, range) {
  const box = range.getBoundingClientRect();
  const around = button.offsetParent.getBoundingClientRect();
  button.style.insetBlockStart = `${box.bottom - around.top + 6}px`;
  const start = isRightToLeft ? around.right - box.right : box.left - around.left;
  button.style.insetInlineStart = `${Math.max(0, Math.min(start, around.width - button.offsetWidth))}px`;
}

// What is selected inside of marks, a list or a table has them only with the elements around it.
const KEPT_AROUND = "em, strong, del, code, a, pre, blockquote";
const KEPT_AROUND_PARTS = { ul: "li", ol: "li", tbody: "tr", thead: "tr", table: "tr" };

function selectedPart({ article, range }) {
  const said = article.querySelector(".said");
  const sheet = document.createElement("div");
  sheet.append(range.cloneContents());
  let around = range.commonAncestorContainer;
  if (around.nodeType !== Node.ELEMENT_NODE) around = around.parentElement;
  for (; around && around !== said; around = around.parentElement) {
    const part = KEPT_AROUND_PARTS[around.localName];
    if (part ? !sheet.querySelector(part) : !around.matches(KEPT_AROUND)) continue;
    const shell = around.cloneNode(false);
    // Rows without their headings would not be a table.
    const headings =
      around.localName === "table" && !sheet.querySelector("thead") && around.querySelector("thead");
    shell.append(...(headings ? [headings.cloneNode(true)] : []), ...sheet.childNodes);
    sheet.append(shell);
  }
  return sheet;
}

/** Puts text where the cursor stands in a field, on lines of its own, and returns all that was put in. */
export function insert(field, text) {
  const start = field.selectionStart;
  const before = field.value.slice(0, start);
  const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  field.setRangeText(gap + text, start, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus({ preventScroll: true });
  return gap + text;
}
