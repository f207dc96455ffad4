// A noticeboard: notices arrive, change and go while it is being read; nothing moves under a finger.

import "../shell/page.js";
import { forget } from "../forum/drafts.js";
import { call, LINE_DOWN, newKey, pill, say, unsay, words } from "../shell/api.js";
import { follow, reconcile, reread } from "../shell/live.js";
import { clearRefused, showRefused } from "../shell/refused.js";
import { isRightToLeft, ngettext, number, readNumber } from "../shell/texts.js";
import { localise } from "../shell/times.js";
import { clip, draw, elementFor, isShown, replies, texts, thanks } from "./notices.js";
import { renewed, told } from "./room_tabs.js";

const board = document.querySelector("#board");
const { room, still } = document.body.dataset;
const shelves = () => [...board.querySelectorAll(".shelf")];
const shelfOf = (column) => board.querySelector(`.shelf[data-column="${column}"]`);
const itemOf = (id) => board.querySelector(`#n${id}`);
const itemOfPost = (post) => board.querySelector(`.note[data-post="${post}"]`);
const arrived = new Map(); // What is not on the page yet, by id.

for (const item of board.querySelectorAll(".note")) clip(item);
// The tab one is at is in sight, also where they do not all fit.
const tab = document.querySelector(".by-column [aria-current]");
if (tab)
  tab.parentElement.scrollLeft = beginning(tab) - beginning(tab.parentElement) + (isRightToLeft ? 48 : -48);

follow({
  event(event) {
    told(event);
    if (event.columns) columns(event.columns, event.type);
    if (event.notice) take(event.notice);
    else if (event.post) heard(event);
  },
  signal(signal) {
    if (signal.type === "presence") document.querySelector("#here").textContent = number(signal.here);
  },
  async reset() {
    const { page, streams } = await reread();
    arrived.clear();
    for (const shelf of shelves()) {
      const fresh = page.querySelector(`#${shelf.id} .notes`);
      if (fresh) reconcile(shelf.querySelector(".notes"), fresh);
    }
    renewed(page);
    for (const one of page.querySelectorAll("[data-count]"))
      counted(one.dataset.count, readNumber(one.textContent));
    const waits = document.querySelector("[data-held]");
    if (waits) waits.hidden = page.querySelector("[data-held]")?.hidden ?? true;
    localise(board);
    settle();
    return streams;
  },
});

// Where an element begins in the direction of reading, from the left of the page.
function beginning(element) {
  return element.offsetLeft + (isRightToLeft ? element.offsetWidth : 0);
}

function columns(now, type) {
  // By their versions: an event has the titles in no reader's language.
  const known = [...document.querySelectorAll("[data-tab]")].map(
    (tab) => `${tab.dataset.tab} ${tab.dataset.version}`,
  );
  const is = now.map((column) => `${column.id} ${column.version}`);
  for (const column of now) counted(column.id, column.notices);
  // What columns there are is part of the whole page: it is taken anew when the reader wants it.
  if (type === "columns_changed" && is.join() !== known.join())
    pill("columns", texts.columns_changed, () => location.reload());
}

function counted(column, count) {
  for (const place of document.querySelectorAll(`[data-count="${column}"]`))
    place.textContent = number(count);
}

// A reply or reaction, told by the room's topic.
function heard({ type, post, parent_replies }) {
  const item = itemOfPost(post.id);
  if (item && type === "reactions_changed") thanks(item, post.reactions.thanks ?? 0);
  const answered = type === "reply_posted" && itemOfPost(post.parent);
  if (answered) replies(answered, Math.max(Number(answered.dataset.replies), parent_replies));
}

// How many wait for the hosts, by what becomes of each.
function heldNow(was, is) {
  const place = document.querySelector("[data-held]");
  if (!place || was === is) return;
  const count = Math.max(0, readNumber(place.querySelector("[data-count]").textContent) + (is ? 1 : -1));
  counted("held", count);
  place.hidden = !count;
}

function take(notice, isOwn = false) {
  const item = itemOf(notice.id);
  if (!item) heldNow(arrived.get(notice.id)?.state === "held", notice.state === "held");
  if (item) change(item, notice);
  else if (isShown(null, notice.state) || notice.mine)
    arrived.set(notice.id, { ...arrived.get(notice.id), ...notice });
  else arrived.delete(notice.id);
  settle(isOwn);
}

function change(item, notice) {
  heldNow(item.classList.contains("held") && !item.classList.contains("gone-now"), notice.state === "held");
  if (!isShown(item, notice.state)) return leave(item, texts.taken_off);
  const before = place(item);
  draw(item, notice);
  if (place(item) === before) return;
  const shelf = shelfOf(item.dataset.column);
  if (!shelf && !shelfOf(0)) return leave(item, texts.moved);
  if (shelf) item.dataset.misplaced = "";
}

function place(item) {
  return `${item.dataset.column} ${item.dataset.pinned}`;
}

// What goes leaves its place empty as long as somebody reads there.
function leave(item, why) {
  if (!isTouched()) {
    item.remove();
    hollow();
    return;
  }
  item.classList.add("gone-now");
  item.querySelector(".said").textContent = why;
  item.querySelector(".can").replaceChildren();
}

function insert(shelf, item) {
  const list = shelf.querySelector(".notes");
  const key = (one) => [Number(one.dataset.pinned), Date.parse(one.dataset.at), Number(one.dataset.id)];
  const isAfter = (one, other) => {
    const [mine, theirs] = [key(one), key(other)];
    const at = mine.findIndex((part, place) => part !== theirs[place]);
    return at >= 0 && mine[at] < theirs[at];
  };
  const next = [...list.children].find((other) => other !== item && isAfter(other, item));
  list.insertBefore(item, next ?? null);
  clip(item);
  hollow();
}

function hollow() {
  for (const shelf of shelves()) shelf.querySelector(".empty").hidden = Boolean(shelf.querySelector(".note"));
}

let touchedAt = 0;
const touch = () => {
  touchedAt = Date.now();
};
for (const kind of ["pointerdown", "touchmove", "pointermove", "keydown"])
  board.addEventListener(kind, touch, { passive: true });
addEventListener("scroll", touch, { passive: true });

function isTouched() {
  return (
    Date.now() - touchedAt < 3000 ||
    board.contains(document.activeElement) ||
    board.getBoundingClientRect().top < 0
  );
}

// Only what belongs to what is shown: one column, or all of them; a search or a later page stays as it is.
function waiting() {
  return [...arrived.values()].filter((notice) => shelfOf(notice.column) && still === undefined);
}

function misplaced() {
  return [...board.querySelectorAll(".note[data-misplaced]")];
}

let again;
function settle(isOwn = false) {
  clearTimeout(again);
  const arrivals = waiting().length;
  const count = arrivals + misplaced().length;
  if (!count) return void pill("new", "");
  if (isOwn || !isTouched()) return arrange();
  const news =
    count === arrivals
      ? ngettext("%(num)s new notice", "%(num)s new notices", count)
      : ngettext("%(num)s update", "%(num)s updates", count);
  pill("new", news, () => {
    arrange();
    board.scrollIntoView({ block: "start" });
  });
  again = setTimeout(settle, 1500);
}

function arrange() {
  pill("new", "");
  for (const notice of waiting()) {
    const item = elementFor(notice);
    insert(shelfOf(notice.column), item);
    item.classList.add("arrived");
    arrived.delete(notice.id);
  }
  for (const item of misplaced()) {
    delete item.dataset.misplaced;
    insert(shelfOf(item.dataset.column), item);
  }
}

// What ends leaves the board by the clock, without anybody telling.
setInterval(() => {
  for (const item of board.querySelectorAll(".note.published[data-ends]")) {
    if (Date.parse(item.dataset.ends) > Date.now()) continue;
    change(item, { id: item.dataset.id, version: item.dataset.version, state: "expired" });
  }
}, 5000);

document.addEventListener("click", (click) => {
  const opener = click.target.closest("[data-write]");
  if (opener) return write(click, opener.dataset.write);
  const button = click.target.closest("#board button[name=act]");
  if (!button) return;
  click.preventDefault();
  act(button.closest(".note"), button);
});

function write(click, column) {
  const form = document.querySelector("#write form");
  if (!form) return;
  click.preventDefault();
  document.querySelector("#write").open = true;
  if (column) form.elements.column.value = column;
  form.elements.title.focus();
}

async function act(item, button) {
  const [word, id, argument] = button.value.split(" ");
  if (word === "thanks") return thank(item, argument === "1");
  button.setAttribute("aria-disabled", "true");
  const answer = await request(word, id, argument).catch(() => null);
  button.removeAttribute("aria-disabled");
  if (!answer) return say(LINE_DOWN);
  if (!answer.ok && answer.status !== 412) return say(words(answer));
  unsay();
  const menu = button.closest("details");
  if (menu) menu.open = false;
  touchedAt = 0;
  document.activeElement?.blur();
  const gone = { id, version: item.dataset.version, state: "withdrawn" };
  const now = answer.status === 412 ? answer.data.current : (answer.data ?? gone);
  change(item, now);
  settle(true);
  (item.isConnected ? item.querySelector("h3 a") : board.querySelector(".note h3 a"))?.focus({
    preventScroll: true,
  });
}

function request(word, id, argument) {
  if (word === "pin") return call(argument === "1" ? "PUT" : "DELETE", `/notices/${id}/pin`);
  if (word === "approve") return call(argument === "1" ? "PUT" : "DELETE", `/notices/${id}/approval`);
  if (word === "move") return call("PUT", `/notices/${id}/column`, { column: Number(argument) });
  if (word === "withdraw") return call("DELETE", `/notices/${id}`);
  return call("PATCH", `/notices/${id}`, { expires_at: argument === "1" ? new Date().toISOString() : null });
}

async function thank(item, wanted) {
  const count = Number(item.dataset.thanks);
  thanks(item, count + (wanted ? 1 : -1), wanted);
  const answer = await call(wanted ? "PUT" : "DELETE", `/posts/${item.dataset.post}/reactions/thanks`).catch(
    () => null,
  );
  if (answer?.ok) return thanks(item, answer.data.reactions.thanks ?? 0, wanted);
  thanks(item, count, !wanted);
  say(answer ? words(answer) : LINE_DOWN);
}

const form = document.querySelector("#write form");
let key = newKey();
form?.addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const { title, body, column, stays } = form.elements;
  const days = Number(stays.value);
  const expires_at = days ? new Date(Date.now() + days * 86400000).toISOString() : null;
  const given = { column: Number(column.value), title: title.value, body: body.value, expires_at };
  const button = form.querySelector("button.first");
  button.setAttribute("aria-disabled", "true");
  const answer = await call("POST", `/rooms/${room}/notices`, given, { "Idempotency-Key": key }).catch(
    () => null,
  );
  button.removeAttribute("aria-disabled");
  if (!answer) return say(`${LINE_DOWN} ${texts.kept}`, form);
  if (!answer.ok) return showRefused(form, answer);
  clearRefused(form);
  key = newKey();
  form.reset();
  forget(form);
  document.querySelector("#write").open = false;
  document.querySelector("#write > summary").focus();
  if (!shelfOf(answer.data.column))
    return location.assign(`/r/${room}/board?column=${answer.data.column}#n${answer.data.id}`);
  take(answer.data, true);
  itemOf(answer.data.id)?.scrollIntoView({ block: "center" });
});
if (form) form.dataset.scripted = "";
