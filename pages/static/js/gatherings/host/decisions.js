// What a host decides: one request for each, what came of it told in place, and twelve seconds to take it back.

import { call, LINE_DOWN, words } from "../../shell/api.js";
import { gettext, listed } from "../../shell/texts.js";
import { cardOf, count, formFor, remark, take, texts } from "./question_cards.js";

const GRACE = 12000;
// An approved question has its post in the topic and cannot become pending again: it is dismissed instead.
const UNDO_APPROVAL = {
  state: "dismissed",
  word: texts.undo_approval,
  more: { reason: texts.undo_approval_reason },
};
const told = document.querySelector("#told");
const undoable = [];
// What the line told meanwhile of questions about which a decision is under way.
const sending = new Map();

/** Sends a question to a state; `more` is what the move needs besides. */
export async function move(card, state, more = {}) {
  const { id, version, state: was, place } = card.dataset;
  const position = mark(card);
  const answer = await send(card, "PUT", `/questions/${id}/state`, {
    state,
    version: Number(version),
    ...more,
  });
  if (!answer?.ok) return answer;
  settle(answer.data);
  const back = was === "shortlisted" && place ? { place: Number(place) } : {};
  const undo = was === "pending" && state !== "dismissed" ? UNDO_APPROVAL : { state: was, more: back };
  ghost(state === was ? null : position, id, said(state, card), { ...undo, version: answer.data.version });
  return answer;
}

/** Sends what a form of a card says. */
export async function submit(card, form) {
  const [word] = form.elements.do.value.split(" ");
  const text = (name) => form.elements[name]?.value.trim();
  const { id, version } = card.dataset;
  if (word === "edit") {
    const answer = await send(
      card,
      "PATCH",
      `/questions/${id}`,
      { body: text("body") },
      { "If-Match": `"${version}"` },
    );
    if (answer?.ok) settle(answer.data);
    return answer;
  }
  if (word === "silence") {
    const answer = await send(card, "PUT", `/questions/${id}/asker/silence`, {
      minutes: Number(text("minutes")),
      reason: text("reason"),
    });
    if (answer?.ok) ghost(mark(card), id, texts.silenced, { silence: true });
    return answer;
  }
  const more = {
    dismissed: { reason: text("reason") },
    merged: { into: Number(text("into")) },
    answered: { answer: text("answer") },
  }[word];
  return move(card, word, more);
}

/** Moves a question on the shortlist. */
export function shift(card, step) {
  const list = [...card.parentElement.querySelectorAll(":scope > .card")];
  const at = list.indexOf(card) + step;
  if (at < 0 || at >= list.length) return null;
  return move(card, "shortlisted", { place: at + 1 });
}

/** Takes back the latest of what can still be taken back. */
export function undoLatest() {
  undoable.at(-1)?.();
}

/** Opens a form in a card. */
export async function ask(card, kind) {
  close(card);
  const form = formFor(kind, card);
  if (kind === "edit") {
    const answer = await call("GET", `/questions/${card.dataset.id}`).catch(() => null);
    if (!answer?.ok) return remark(card, answer ? words(answer) : LINE_DOWN);
    form.elements.body.value = answer.data.body;
  }
  if (kind === "merge") targets(form.elements.into, card);
  card.append(form);
  form.querySelector("input:not([type=hidden]), textarea, select").focus();
  form.scrollIntoView({ block: "nearest" });
}

/** Closes the form of a card. */
export function close(card) {
  const form = card.querySelector(".asks");
  if (!form) return false;
  form.remove();
  return true;
}

async function send(card, method, path, body, headers) {
  const { id } = card.dataset;
  sending.set(id, null);
  card.setAttribute("aria-busy", "true");
  const answer = await call(method, path, body, headers).catch(() => null);
  card.removeAttribute("aria-busy");
  const news = sending.get(id);
  sending.delete(id);
  // The line may have been quicker than the answer, or the answer lost.
  if (news && news.version > (answer?.data?.version ?? answer?.data?.current?.version ?? 0))
    setTimeout(() => settle(news));
  if (!answer) remark(card, LINE_DOWN);
  else if (!answer.ok) refused(card, answer);
  else remark(card, "");
  return answer;
}

/** Takes what the line tells of a question; while a decision about it is under way, its answer comes first. */
export function heard(question) {
  if (sending.has(String(question.id))) return void sending.set(String(question.id), question);
  const card = take(question);
  count();
  return card;
}

// What happened meanwhile is told on this card, which alone is brought up to date.
function refused(card, answer) {
  const now = answer.data?.current;
  const steps = (answer.data?.meanwhile ?? []).map(step);
  const what = steps.length
    ? texts.meanwhile.replace("{changes}", () => listed(steps).join(""))
    : words(answer);
  if (now?.id) {
    const position = mark(card);
    const fresh = settle(now);
    if (fresh) return remark(fresh, what);
    ghost(position, now.id, what);
  } else remark(card, what);
  told.textContent = what;
}

function step({ by, old_state, new_state, reason }) {
  const change = old_state === new_state ? texts.edited : texts.done[new_state];
  const facts = { name: by?.display_name ?? texts.asker, change, reason };
  // NOTE: What somebody did to a question, as in "Fatou Diallo: Dismissed (Already asked)".
  return reason
    ? gettext("%(name)s: %(change)s (%(reason)s)", facts)
    : gettext("%(name)s: %(change)s", facts);
}

// Who was at the card goes on with the next one where it stood.
function settle(question) {
  const old = cardOf(question.id);
  const held = old?.contains(document.activeElement);
  const next = old?.nextElementSibling ?? old?.previousElementSibling;
  if (old) close(old);
  if (held) document.activeElement.blur();
  const card = take(question);
  count();
  if (held) (card === old || !next?.matches?.(".card") ? card : next)?.focus({ preventScroll: true });
  return card;
}

function said(state, card) {
  const text = card.querySelector(".said").textContent.trim();
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return texts.said.replace("{done}", texts.done[state]).replace("{question}", () => short);
}

function mark(card) {
  return { list: card.parentElement, next: card.nextElementSibling };
}

// A line where the card was says what was done, and for a while takes it back. What only changed its place on the
// shortlist has none: it is where one looks.
function ghost(where, id, text, back) {
  told.textContent = text;
  const line = document.createElement("li");
  line.className = "ghost";
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (where?.next?.isConnected && where.next.parentElement === where.list) where.next.before(line);
  else where?.list.append(line);
  const end = () => {
    clearTimeout(timer);
    if (undoable.includes(undo)) undoable.splice(undoable.indexOf(undo), 1);
    line.remove();
  };
  const timer = setTimeout(end, back ? GRACE : GRACE / 2);
  async function undo() {
    if (undoable.includes(undo)) undoable.splice(undoable.indexOf(undo), 1);
    const answer = await take_back(id, back);
    const undone = back.word ? texts.approval_undone : texts.undone;
    told.textContent = answer?.ok ? undone : answer ? words(answer) : LINE_DOWN;
    line.replaceChildren(told.textContent);
    clearTimeout(timer);
    setTimeout(() => line.remove(), GRACE / 4);
  }
  if (!back) return;
  undoable.push(undo);
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "act",
    textContent: back.word ?? texts.undo,
    onclick: undo,
  });
  button.append(Object.assign(document.createElement("kbd"), { textContent: "u", ariaHidden: "true" }));
  line.append(button);
}

async function take_back(id, back) {
  if (back.silence) return call("DELETE", `/questions/${id}/asker/silence`).catch(() => null);
  const answer = await call("PUT", `/questions/${id}/state`, {
    state: back.state,
    version: back.version,
    ...back.more,
  }).catch(() => null);
  if (answer?.ok) settle(answer.data);
  else if (answer?.data?.current) settle(answer.data.current);
  return answer;
}

function targets(select, card) {
  for (const one of [...select.options].slice(1)) one.remove();
  for (const other of document.querySelectorAll("#on_stage > .card, #shortlisted > .card, #live > .card")) {
    if (other === card) continue;
    const text = other.querySelector(".said").textContent.trim();
    select.append(new Option(text.length > 80 ? `${text.slice(0, 80)}…` : text, other.dataset.id));
  }
}
