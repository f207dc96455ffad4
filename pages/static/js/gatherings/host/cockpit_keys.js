// Steering the cockpit by keys: going from card to card, and pressing the button that a key stands for.

import { pill } from "../../shell/api.js";
import { actionOf, isTyping, listen, press } from "../../shell/keys.js";
import { toTheLeft } from "../../shell/texts.js";
import { move, shift, undoLatest } from "./decisions.js";
import { cardOf, remark, texts } from "./question_cards.js";

let columns;
let picking = null;

/** Wires the keys, and on a phone the tabs of the columns. */
export function wire(root) {
  columns = root;
  document.addEventListener("keydown", pressed);
  listen(ACTIONS);
  document.querySelector(".columns-tabs").addEventListener("click", (click) => {
    const tab = click.target.closest("[data-column]");
    if (tab) show(tab.dataset.column);
  });
}

/** While a question is merged, a click on another one chooses it. Whether it was one. */
export function merging(card) {
  if (!picking) return false;
  const from = cardOf(picking);
  stop();
  if (from && from !== card) move(from, "merged", { into: Number(card.dataset.id) });
  return true;
}

const card = () => document.activeElement.closest?.(".card[data-id]");
const isOnCard = () => Boolean(card()) && document.activeElement === card();

// In a form of a card, Escape cancels and Ctrl and Enter send.
function pressed(key) {
  const form = key.target.closest(".asks");
  if (actionOf(key) === "send") form?.requestSubmit();
  else if (actionOf(key) !== "close") return;
  else if (isTyping(key.target)) form?.querySelector("[data-cancel]").click();
  else escaped(key.target);
}

function escaped(target) {
  const menu = target.closest("details[open]");
  if (picking) stop();
  else menu?.removeAttribute("open");
}

function reorder(step) {
  return card()?.dataset.state === "shortlisted" ? shift(card(), step) : false;
}

function merge() {
  if (!card()) return false;
  if (picking) return merging(card());
  return buttonOf("merge") ? pick(card()) : false;
}

const buttonOf = (action) => card()?.querySelector(`[data-does="${action}"]`);
const ON_CARDS = ["approve", "dismiss", "shortlist", "stage", "answered", "reply", "edit", "back", "silence"];

const ACTIONS = {
  undo: undoLatest,
  next: () => go(beside(card(), 1)),
  previous: () => go(beside(card(), -1)),
  left: () => go(first(card(), toTheLeft)),
  right: () => go(first(card(), -toTheLeft)),
  down: () => (isOnCard() ? go(beside(card(), 1)) : false),
  up: () => (isOnCard() ? go(beside(card(), -1)) : false),
  earlier: () => reorder(-1),
  later: () => reorder(1),
  confirm: () => (isOnCard() && picking ? merging(card()) : false),
  merge,
  ...Object.fromEntries(ON_CARDS.map((action) => [action, () => press(buttonOf(action))])),
};

function pick(card) {
  picking = card.dataset.id;
  card.classList.add("picked");
  remark(card, texts.merging);
  pill("merge", texts.choose_merged, stop);
}

function stop() {
  const card = cardOf(picking);
  card?.classList.remove("picked");
  if (card) remark(card, "");
  picking = null;
  pill("merge", "");
}

function all(of) {
  return [...of.querySelectorAll(".card[data-id]")].filter((one) => one.offsetParent);
}

function beside(card, step) {
  const cards = all(card?.closest(".column") ?? columns);
  return card ? cards[Math.max(0, Math.min(cards.length - 1, cards.indexOf(card) + step))] : cards[0];
}

function first(card, step) {
  const order = [...columns.querySelectorAll(".column")];
  for (let at = order.indexOf(card?.closest(".column")) + step; at >= 0 && at < order.length; at += step) {
    show(order[at].dataset.column);
    if (all(order[at]).length) return all(order[at])[0];
  }
  return card;
}

function go(card) {
  if (!card) return;
  for (const old of columns.querySelectorAll('.card[tabindex="0"]')) old.tabIndex = -1;
  card.tabIndex = 0;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function show(name) {
  columns.dataset.shown = name;
  for (const tab of document.querySelectorAll(".columns-tabs [data-column]"))
    tab.setAttribute("aria-pressed", String(tab.dataset.column === name));
}
