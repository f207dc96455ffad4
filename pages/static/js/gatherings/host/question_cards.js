// The cards of the cockpit: made from what the server rendered for each state, and filled with what is known.

import { showAuthor } from "../../shell/people.js";
import { ngettext, readNumber, number as shown } from "../../shell/texts.js";
import { localise } from "../../shell/times.js";

const samples = document.querySelector("#samples");
export const groups = JSON.parse(samples.dataset.groups);
// What happened to a question is described once, by the server.
export const texts = JSON.parse(samples.dataset.words);
const viewer = Number(document.body.dataset.viewer);
const COLUMNS = ["pending", "live", "shortlisted", "on_stage"];

/** The list in which questions of a state stand, if they stand in one. */
export const listOf = (state) => (COLUMNS.includes(state) ? document.getElementById(state) : null);

/** The card of a question. */
export const cardOf = (id) => document.querySelector(`.card[data-id="${id}"]`);

/** A copy of a form of a kind, for a card. */
export function formFor(kind, card) {
  const form = samples.querySelector(`[data-asks="${kind}"]`).content.firstElementChild.cloneNode(true);
  const action = form.elements.do;
  action.value = `${action.value.split(" ")[0]} ${card.dataset.id} ${card.dataset.version}`;
  for (const one of form.querySelectorAll("[id]")) one.id += `-${card.dataset.id}`;
  for (const one of form.querySelectorAll("label")) one.htmlFor += `-${card.dataset.id}`;
  return form;
}

/**
 * Lays what is known over what is shown and puts the card where it belongs. A card that somebody is at stays in place
 * until they leave it: nothing moves under a finger.
 */
export function take(question) {
  const old = cardOf(question.id);
  if (old && Number(old.dataset.version) > question.version) return old;
  const list = listOf(question.state);
  if (old && old.dataset.state === question.state) {
    fill(old, question);
    if (question.state === "shortlisted") place(old, list);
    return old;
  }
  const card = list && make(question, old);
  if (!card) return void (old && leave(old));
  if (old) leave(old);
  place(card, list);
  return card;
}

/** Says where nothing stands. */
export function count() {
  for (const state of COLUMNS)
    document.querySelector(`[data-none="${state}"]`).hidden =
      listOf(state).querySelector(":scope > .card") !== null;
}

/** How many there are in all, on the page or not. */
export function totals(counts) {
  for (const state of COLUMNS)
    for (const one of document.querySelectorAll(`.count[data-of="${state}"]`))
      one.textContent = shown(counts[state] ?? readNumber(one.textContent));
}

/** Shows who else is at a question. */
export function claimed(card, claim) {
  const note = card.querySelector(".claim");
  const other = claim && claim.by.id !== viewer;
  note.hidden = !other;
  if (!other) return;
  note.querySelector("bdi").textContent = claim.by.display_name;
  card.dataset.until = claim.until;
}

/** Shows how many want to hear it. */
export function votes(card, number) {
  card.dataset.votes = number;
  // NOTE: Stands beside the number of votes.
  card.querySelector(".votes span").textContent = ngettext("vote", "votes", number);
  card.querySelector(".votes b").textContent = shown(number);
}

/** Says something on a card, where the eye is. */
export function remark(card, words) {
  card.querySelector(".meanwhile").textContent = words;
}

function make(question, old) {
  if (question.html === undefined && !old) return null;
  const card = samples
    .querySelector(`[data-card="${question.state}"]`)
    .content.firstElementChild.cloneNode(true);
  card.id = `q${question.id}`;
  card.dataset.id = question.id;
  if (old) {
    for (const part of [".by", ".said"])
      card.querySelector(part).replaceWith(old.querySelector(part).cloneNode(true));
    if (old.dataset.group) card.dataset.group = old.dataset.group;
    card.dataset.votes = old.dataset.votes;
    card.querySelector(".votes").hidden = question.state === "pending";
  }
  fill(card, question);
  return card;
}

function fill(card, question) {
  Object.assign(card.dataset, { version: question.version, state: question.state });
  if (question.place !== undefined) card.dataset.place = question.place ?? "";
  if (question.html !== undefined) card.querySelector(".said").innerHTML = question.html;
  const time = card.querySelector(".by time");
  if (question.asked_at && time) time.dateTime = question.asked_at;
  if (question.author !== undefined) asker(card, question.author);
  if (question.claimed_by !== undefined) claimed(card, question.claimed_by);
  votes(card, question.votes);
  localise(card);
}

function asker(card, author) {
  showAuthor(card.querySelector(".by"), author, groups, texts.anonymous);
  delete card.dataset.group;
  if (author?.group) card.dataset.group = author.group;
}

// By place on the shortlist; elsewhere below what was there.
function place(card, list) {
  const number = Number(card.dataset.place);
  const next = number && [...list.children].find((one) => one !== card && Number(one.dataset.place) > number);
  if (next) next.previousElementSibling !== card && next.before(card);
  else if (list.lastElementChild !== card) list.append(card);
}

function leave(card) {
  if (!card.contains(document.activeElement) || document.activeElement === document.body)
    return card.remove();
  // Its place among the live ones is taken already: this one only waits to be left.
  card.removeAttribute("id");
  card.classList.add("left");
  delete card.dataset.id;
  for (const one of card.querySelectorAll(".can, .asks")) one.remove();
  card.tabIndex = -1;
  if (!card.contains(document.activeElement)) card.focus({ preventScroll: true });
  card.addEventListener("focusout", () => card.remove(), { once: true });
}
