// The card of a member: who somebody is in a few lines, beside a name that is pointed at, focused or tapped.
// Without scripts the name leads to the profile, and so does the card.

import { addStyles } from "./finding/styles.js";
import { actionOf } from "./keys.js";

const NAMES = "a[href^='/m/']:not(nav a, .person-card a, .button)";
const MILLISECONDS_TO_OPEN = 350;
const MILLISECONDS_TO_CLOSE = 250;
const known = new Map();
let card = null;
let owner = null;
let due;
let pointer = "";

const styled = addStyles();

addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType !== "touch") turnTo(nameAt(target), target);
});
addEventListener("focusin", ({ target }) => {
  if (target.matches(":focus-visible")) turnTo(nameAt(target), target);
});
addEventListener("pointerdown", ({ target, pointerType }) => {
  pointer = pointerType;
  if (card && !isWithin(target)) close();
});
addEventListener("click", tap, true);
addEventListener("keydown", closeWithEscape, true);

// What was pointed at or focused while this script was loaded.
const focused = document.activeElement?.matches(":focus-visible") ? nameAt(document.activeElement) : null;
const pointed = focused ?? nameAt([...document.querySelectorAll(":hover")].at(-1) ?? document.body);
if (pointed) turnTo(pointed, pointed);

function nameAt(target) {
  return target.closest?.(NAMES) ?? null;
}

function isWithin(target) {
  return card?.contains(target) || owner?.contains(target);
}

function turnTo(name, target) {
  if (isWithin(target)) return clearTimeout(due);
  clearTimeout(due);
  if (name) due = setTimeout(() => open(name), MILLISECONDS_TO_OPEN);
  else if (card) due = setTimeout(close, MILLISECONDS_TO_CLOSE);
}

// The first tap shows the card, which has the link.
function tap(click) {
  const name = pointer === "touch" && !click.ctrlKey && !click.metaKey ? nameAt(click.target) : null;
  if (!name || name === owner) return;
  click.preventDefault();
  click.stopPropagation();
  open(name);
}

async function open(name) {
  close();
  owner = name;
  // Its place depends on its size, which the styles give it.
  const [html] = await Promise.all([cardOf(name.pathname), styled]);
  if (owner !== name || !name.isConnected) return;
  if (!html) {
    if (pointer === "touch") location.href = name.href;
    return;
  }
  card = document.createElement("div");
  card.innerHTML = html;
  card = card.querySelector(".person-card");
  card.id = "person-card";
  // Above everything, where the browser can do that; beside the name in the order of the keyboard.
  card.popover = "manual";
  name.after(card);
  card.showPopover?.();
  name.setAttribute("aria-describedby", card.id);
  place(name);
}

function closeWithEscape(key) {
  if (!card || actionOf(key) !== "close") return;
  close();
  key.stopPropagation();
}

function cardOf(path) {
  if (!known.has(path))
    known.set(
      path,
      fetch(`${path}/card`, { headers: { Accept: "text/html" } })
        .then((answer) => (answer.ok ? answer.text() : ""))
        .catch(() => ""),
    );
  return known.get(path);
}

function place(name) {
  const at = name.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const room = document.documentElement.clientWidth - width - 8;
  const start = document.documentElement.dir === "rtl" ? at.right - width : at.left;
  const below = at.bottom + 6 + height < innerHeight || at.top < height + 6;
  card.style.left = `${Math.max(8, Math.min(start, room))}px`;
  card.style.top = `${below ? at.bottom + 6 : at.top - height - 6}px`;
}

function close() {
  clearTimeout(due);
  owner?.removeAttribute("aria-describedby");
  const held = card?.contains(document.activeElement) && owner;
  card?.remove();
  if (held) held.focus();
  card = owner = null;
}
