// Keeps the cockpit's column of live questions in the current order, and waits while the host uses the column.

import { pill } from "../../shell/api.js";
import { balance, ordered } from "../ranking.js";
import { listOf, texts } from "./question_cards.js";
import { heard } from "./session_clock.js";

const REST = 3000;
const list = listOf("live");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let touchedAt = 0;
let again;

const touch = () => {
  touchedAt = Date.now();
};
for (const kind of ["pointerdown", "touchmove", "pointermove", "keydown", "wheel"])
  list.addEventListener(kind, touch, { passive: true });
addEventListener("scroll", touch, { capture: true, passive: true });
// With time alone what is fresh gets old, and the order changes.
setInterval(order, 30000);

/** Brings the column into order: at once, or by a button as long as somebody points, types or reads in it. */
export function order() {
  clearTimeout(again);
  const cards = standing();
  const count = wanted(cards).filter((card, at) => card !== cards[at]).length;
  if (!count) return void pill("order", "");
  if (!isTouched()) return arrange();
  if (list.offsetParent) pill("order", texts.new_order, arrange);
  again = setTimeout(order, 1500);
}

const standing = () => [...list.querySelectorAll(":scope > .card[data-id]")];

function wanted(cards) {
  const known = heard();
  for (const card of cards) card.dataset.balance = balance(card.dataset.group, known);
  return ordered(cards, "best", Number(document.body.dataset.voters));
}

function isTouched() {
  return (
    Date.now() - touchedAt < REST ||
    list.contains(document.activeElement) ||
    list.matches(":hover") ||
    list.querySelector("details[open], form") !== null
  );
}

function arrange() {
  pill("order", "");
  const before = new Map([...list.children].map((card) => [card, card.getBoundingClientRect().top]));
  const focused = document.activeElement;
  const cards = standing();
  const next = wanted(cards)[Symbol.iterator]();
  // What else stands here, as the lines that take something back, stays where it stands.
  list.append(...[...list.children].map((one) => (cards.includes(one) ? next.next().value : one)));
  if (list.contains(focused)) focused.focus({ preventScroll: true });
  if (calm.matches) return;
  for (const [card, top] of before) {
    const by = top - card.getBoundingClientRect().top;
    if (by)
      card.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
        duration: 250,
        easing: "ease-out",
      });
  }
}
