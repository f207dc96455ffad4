// Steering the cockpit by keys: going from card to card, and pressing the button that a key stands for.

import { pill } from "../../shell/api.js";
import { isComposing, isOff, nameOf } from "../../shell/keys.js";
import { toTheLeft } from "../../shell/texts.js";
import { move, shift, undoLatest } from "./decisions.js";
import { cardOf, remark, texts } from "./question_cards.js";

const keys = document.querySelector("#keys");
const toggle = document.querySelector("#show-keys");
let columns;
let picking = null;

/** Wires the keys, their legend, and on a phone the tabs of the columns. */
export function wire(root) {
  columns = root;
  document.addEventListener("keydown", pressed);
  toggle.addEventListener("click", legend);
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

function pressed(key) {
  if (isComposing(key)) return;
  if (key.ctrlKey || key.metaKey || key.target.closest("input, textarea, select")) {
    const form = key.target.closest(".asks");
    if (key.key === "Escape") form?.querySelector("[data-cancel]").click();
    if (form && key.key === "Enter" && (key.ctrlKey || key.metaKey)) form.requestSubmit();
    return;
  }
  const card = document.activeElement.closest?.(".card[data-id]");
  if (key.key === "Escape") return escaped(key.target);
  if (isOff()) return;
  const action = key.altKey ? shifted(key, card) : plain(key, card);
  if (!action) return;
  key.preventDefault();
  action();
}

function escaped(target) {
  const menu = target.closest("details[open]");
  if (picking) stop();
  else if (menu) menu.removeAttribute("open");
  else if (!keys.hidden) legend();
}

function shifted(key, card) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[key.key];
  return step && card?.dataset.state === "shortlisted" ? () => shift(card, step) : null;
}

function plain(key, card) {
  const onCard = document.activeElement === card;
  const name = nameOf(key);
  switch (name) {
    case "?":
      return legend;
    case "u":
      return undoLatest;
    case "j":
      return () => go(beside(card, 1));
    case "k":
      return () => go(beside(card, -1));
    case "h":
      return () => go(first(card, toTheLeft));
    case "l":
      return () => go(first(card, -toTheLeft));
    case "ArrowDown":
      return onCard ? () => go(beside(card, 1)) : null;
    case "ArrowUp":
      return onCard ? () => go(beside(card, -1)) : null;
    case "Enter":
      return onCard && picking ? () => merging(card) : null;
  }
  if (!card) return null;
  if (name === "m")
    return picking ? () => merging(card) : card.querySelector("[data-key=m]") ? () => pick(card) : null;
  const button = card.querySelector(`[data-key="${CSS.escape(name)}"]`);
  return button ? () => button.click() : null;
}

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

function legend() {
  keys.hidden = !keys.hidden;
  toggle.setAttribute("aria-expanded", String(!keys.hidden));
}
