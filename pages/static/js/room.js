// A room: questions come, are voted for and settled while one looks; nothing moves under a finger.

import "./page.js";
import { LINE_DOWN, call, pill, say, unsay, words } from "./calls.js";
import { asking } from "./asking.js";
import { follow, reconcile, reread } from "./live.js";
import { draw, elementFor, press, votes } from "./questions.js";
import { localise } from "./times.js";

const list = document.querySelector("#questions");
const { room, order } = document.body.dataset;
const shown = document.querySelector("#filters [aria-current]")?.dataset.show ?? "live";
const calm = matchMedia("(prefers-reduced-motion: reduce)");
// What arrived and is not on the page yet, by id.
const arrived = new Map();
// Who settles or votes here hears of it twice: from the answer and from the line.
const itemOf = (id) => list.querySelector(`:scope > [data-id="${id}"]`);

const flush = asking(room, (question) => take(question, true));

follow({
  event(event) {
    if (event.counts) counts(event.counts);
    if (event.question) take(event.question);
    else if (event.room) moved(event.room);
  },
  signal(signal) {
    if (signal.type === "presence") document.querySelector("#here").textContent = signal.here;
    if (signal.type === "votes") counted(signal.votes);
  },
  current(is) {
    if (is) flush();
  },
  async reset() {
    const { page, stream } = await reread();
    reconcile(list, page.querySelector("#questions"));
    localise(list);
    for (const one of page.querySelectorAll("[data-count]")) document.querySelector(`[data-count="${one.dataset.count}"]`).textContent = one.textContent;
    settle();
    return stream;
  },
});

function counts(now) {
  for (const one of document.querySelectorAll("[data-count]")) one.textContent = now[one.dataset.count];
}

function take(question, own = false) {
  const item = itemOf(question.id);
  if (item) draw(item, question);
  else if (question.state === shown) arrived.set(question.id, { ...arrived.get(question.id), ...question });
  else arrived.delete(question.id);
  settle(own);
}

function counted(now) {
  for (const [id, count] of Object.entries(now)) {
    const item = itemOf(id);
    if (item && Number(item.dataset.votes) !== count && !item.dataset.sending) votes(item, count);
    else if (arrived.has(Number(id))) arrived.get(Number(id)).votes = count;
  }
  settle();
}

// The order as it should be. Ours is the server's: most votes, then who asked first.
function wanted() {
  const items = [...list.querySelectorAll(":scope > .asked:not(.waiting)")].filter((item) => item.dataset.state === shown);
  const asked = (item) => Date.parse(item.querySelector(".by time").dateTime) || 0;
  return items.sort((one, other) => {
    const newest = asked(other) - asked(one) || other.dataset.id - one.dataset.id;
    if (order === "newest") return newest;
    return other.dataset.votes - one.dataset.votes || asked(one) - asked(other) || one.dataset.id - other.dataset.id;
  });
}

function changes() {
  const now = [...list.querySelectorAll(":scope > .asked:not(.waiting)")];
  const leaving = now.filter((item) => item.dataset.state !== shown).length;
  const want = wanted();
  const stay = now.filter((item) => item.dataset.state === shown);
  return arrived.size + leaving + stay.filter((item, at) => item !== want[at]).length;
}

let touchedAt = 0;
for (const kind of ["pointerdown", "touchmove", "pointermove", "keydown"]) list.addEventListener(kind, () => (touchedAt = Date.now()), { passive: true });
addEventListener("scroll", () => (touchedAt = Date.now()), { passive: true });

function isTouched() {
  return Date.now() - touchedAt < 3000 || list.contains(document.activeElement) || list.getBoundingClientRect().top < 0;
}

let again;
function settle(now = false) {
  clearTimeout(again);
  const count = changes();
  if (!count) return void pill("updates", "");
  if (now || !isTouched()) return arrange();
  pill("updates", `${count} ${count === 1 ? "update" : "updates"}`, () => arrange());
  again = setTimeout(settle, 1500);
}

function arrange() {
  pill("updates", "");
  const before = new Map([...list.children].map((item) => [item, item.getBoundingClientRect().top]));
  const focused = document.activeElement;
  for (const question of arrived.values()) list.append(elementFor(question));
  arrived.clear();
  for (const item of list.querySelectorAll(":scope > .asked:not(.waiting)")) if (item.dataset.state !== shown) item.remove();
  list.prepend(...wanted());
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  document.querySelector("#none").hidden = list.children.length > 0;
  if (calm.matches) return;
  for (const item of list.children) {
    const by = (before.get(item) ?? NaN) - item.getBoundingClientRect().top;
    if (by) item.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: 250, easing: "ease-out" });
    else if (!before.has(item)) item.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 250 });
  }
}

function moved(now) {
  const chip = document.querySelector("[data-room-state]");
  const [look, word] = { planned: ["locked", "Not open yet"], open: ["live", "Live"], closed: ["done", "Closed"] }[now.state];
  chip.className = `state ${look}`;
  chip.textContent = word;
  const form = document.querySelector("#ask");
  // What is offered on the page depends on the state: take the page anew, unless somebody is writing.
  if (!form?.elements.body.value) return location.reload();
  if (now.state === "closed") say("The room was closed. Your question is kept here, but cannot be asked any more.");
}

list.addEventListener("click", (click) => {
  const button = click.target.closest("button[name=act]");
  if (!button) return;
  click.preventDefault();
  const item = button.closest(".asked");
  if (button.matches(".vote")) vote(item, button.value.endsWith(" 1") ? 1 : 0);
  else move(item, button);
});

// The last wish wins: while one is on its way, the next waits for it.
async function vote(item, value) {
  votes(item, Number(item.dataset.votes) + (value ? 1 : -1));
  press(item, value === 1);
  item.dataset.wish = value;
  if (item.dataset.sending) return;
  item.dataset.sending = "1";
  let sent, answer;
  do {
    sent = item.dataset.wish;
    answer = await call("PUT", `/questions/${item.dataset.id}/vote`, { value: Number(sent) }).catch(() => null);
  } while (item.dataset.wish !== sent);
  delete item.dataset.sending;
  if (answer?.ok) {
    unsay();
    votes(item, answer.data.votes);
    press(item, answer.data.my_vote === 1);
    return settle();
  }
  votes(item, Number(item.dataset.votes) + (sent === "1" ? -1 : 1));
  press(item, sent !== "1");
  say(answer ? words(answer) : `Your vote was not counted. ${LINE_DOWN}`);
}

async function move(item, button) {
  const [state, id, version] = button.value.split(" ");
  button.setAttribute("aria-disabled", "true");
  const answer = await call("PUT", `/questions/${id}/state`, { state, version: Number(version) }).catch(() => null);
  button.removeAttribute("aria-disabled");
  if (!answer) return say(LINE_DOWN);
  if (answer.ok) unsay();
  else say(words(answer));
  const now = answer.ok ? answer.data : answer.status === 412 ? answer.data?.current : null;
  if (now) take(now, true);
}
