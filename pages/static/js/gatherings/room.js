// A room: questions come, are voted for and settled while one looks; nothing moves under a finger.

import "../shell/page.js";
import { call, LINE_DOWN, pill, say, unsay, words } from "../shell/api.js";
import { enter, listen, press as pressed } from "../shell/keys.js";
import { follow, reconcile, reread, revisit } from "../shell/live.js";
import { beside, focused, goTo } from "../shell/steps.js";
import { gettext, listed, ngettext, number, parts, pgettext, readNumber } from "../shell/texts.js";
import { localise } from "../shell/times.js";
import { asking } from "./ask_form.js";
import { isOwn, own, wonder } from "./own_questions.js";
import { answered, draw, elementFor, groups, line, press, votes } from "./questions.js";
import { ordered } from "./ranking.js";
import { reacted } from "./reactions.js";
import { renewed, told } from "./room_tabs.js";
import { onstage } from "./stage_view.js";

// A room without questions has a stage and reactions still.
const list = document.querySelector("#questions") ?? document.createElement("ol");
const { room, order, voters } = document.body.dataset;
const show = document.querySelector("#filters [aria-current]")?.dataset.show ?? "live";
const shown = show === "live" ? ["live", "shortlisted"] : [show];
const calm = matchMedia("(prefers-reduced-motion: reduce)");
// What arrived and is not on the page yet, by id.
const arrived = new Map();
// Who settles or votes here hears of it twice: from the answer and from the line.
const itemOf = (id) => list.querySelector(`:scope > [data-id="${id}"]`);

const flush = asking(room, (question) => take(question, true));

follow({
  event(event) {
    if (event.counts) counts(event.counts);
    told(event);
    if (event.question && event.type !== "question_claimed") take(event.question);
    // Who is let in is not shown here, and who no longer is hears of it by itself.
    else if (event.room && event.type !== "entry_changed") moved(event.room);
    else if (event.type === "withheld") wonder();
  },
  signal(signal) {
    if (signal.type === "presence") present(signal);
    if (signal.type === "votes") counted(signal.votes);
    if (signal.type === "reactions") reacted(signal.counts);
  },
  current(is) {
    if (is) flush();
  },
  async reset() {
    const { page, stream } = await reread();
    reconcile(list, page.querySelector("#questions"));
    localise(list);
    for (const name of ["onstage", "own"]) {
      const [old, fresh] = [document.getElementById(name), page.getElementById(name)];
      if (!old || !fresh || old.contains(document.activeElement)) continue;
      for (const key of ["hidden", "innerHTML"]) old[key] = fresh[key];
      old.dataset.id = fresh.dataset.id ?? "";
      localise(old);
    }
    counts(
      Object.fromEntries(
        [...page.querySelectorAll("#filters [data-count]")].map((one) => [
          one.dataset.count,
          readNumber(one.textContent),
        ]),
      ),
    );
    renewed(page);
    settle();
    return stream;
  },
});

function counts(now) {
  for (const one of document.querySelectorAll("#filters [data-count]"))
    if (one.dataset.count in now) one.textContent = number(now[one.dataset.count]);
}

function present({ here, groups: told }) {
  document.querySelector("#here").textContent = number(here);
  const named = Object.entries(told ?? {})
    .sort(([, one], [, other]) => other - one)
    .map(([slug, count]) =>
      Object.assign(document.createElement("bdi"), {
        textContent: `${groups[slug] ?? slug} ${number(count)}`,
      }),
    );
  // NOTE: Follows how many people are here: 12 here (Industry 7, Science 5).
  const shown = named.length ? [" ", ...parts(gettext("(%(groups)s)"), { groups: listed(named) })] : [];
  document.querySelector("#groups").replaceChildren(...shown);
}

function take(question, now = false) {
  onstage(question);
  const item = itemOf(question.id);
  const mine = question.mine || isOwn(question.id);
  if (mine && !shown.includes(question.state)) own(question);
  else if (mine) own({ id: question.id, state: question.state });
  const whole = mine ? { ...question, mine: true } : question;
  if (item) draw(item, whole);
  else if (shown.includes(question.state) && question.html !== undefined)
    arrived.set(question.id, { ...arrived.get(question.id), ...whole });
  else arrived.delete(question.id);
  settle(now);
}

function counted(now) {
  for (const [id, count] of Object.entries(now)) {
    const item = itemOf(id);
    if (item && Number(item.dataset.votes) !== count && !item.dataset.sending) votes(item, count);
    else if (arrived.has(Number(id))) arrived.get(Number(id)).votes = count;
  }
  settle();
}

function standing() {
  return [...list.querySelectorAll(":scope > .asked:not(.waiting)")];
}

// The order as it should be: the server's, followed here between two readings.
function wanted() {
  const items = standing().filter((item) => shown.includes(item.dataset.state));
  return ordered(items, { live: order, dismissed: "newest" }[show] ?? show, Number(voters));
}

function changes() {
  const now = standing();
  const stay = now.filter((item) => shown.includes(item.dataset.state));
  const want = wanted();
  return arrived.size + now.length - stay.length + stay.filter((item, at) => item !== want[at]).length;
}

let touchedAt = 0;
const touch = () => {
  touchedAt = Date.now();
};
for (const kind of ["pointerdown", "touchmove", "pointermove", "keydown"])
  list.addEventListener(kind, touch, { passive: true });
addEventListener("scroll", touch, { passive: true });

function isTouched() {
  return (
    Date.now() - touchedAt < 3000 ||
    list.contains(document.activeElement) ||
    list.getBoundingClientRect().top < 0
  );
}

let again;
function settle(now = false) {
  clearTimeout(again);
  const count = changes();
  if (!count) return void pill("updates", "");
  if (now || !isTouched()) return arrange();
  pill("updates", ngettext("%(num)s update", "%(num)s updates", count), () => arrange());
  again = setTimeout(settle, 1500);
}

function arrange() {
  pill("updates", "");
  const before = new Map([...list.children].map((item) => [item, item.getBoundingClientRect().top]));
  const focused = document.activeElement;
  for (const question of arrived.values()) list.append(added(question));
  arrived.clear();
  for (const item of standing()) if (!shown.includes(item.dataset.state)) item.remove();
  list.prepend(...wanted());
  line([...list.querySelectorAll(":scope > .shortlisted")]);
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  const none = document.querySelector("#none");
  if (none) none.hidden = list.children.length > 0;
  if (calm.matches) return;
  for (const item of list.children) {
    const by = (before.get(item) ?? NaN) - item.getBoundingClientRect().top;
    if (by)
      item.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
        duration: 250,
        easing: "ease-out",
      });
    else if (!before.has(item)) item.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 250 });
  }
}

function added(question) {
  const item = elementFor(question);
  if (question.answer_post)
    call("GET", `/posts/${question.answer_post}`).then(
      (answer) => answer.ok && answered(item, answer.data),
      () => {},
    );
  return item;
}

function moved(now) {
  const chip = document.querySelector("[data-room-state]");
  const [look, word] = {
    planned: ["locked", gettext("Not open yet")],
    open: ["live", pgettext("state", "Live")],
    closed: ["done", pgettext("room", "Closed")],
  }[now.state];
  chip.className = `state ${look}`;
  chip.textContent = word;
  const form = document.querySelector("#ask");
  // What is offered on the page depends on the state: take the page anew, unless somebody is writing.
  if (!form?.elements.body.value) return revisit();
  if (now.state === "closed")
    say(gettext("The room is closed, and your question cannot be sent. Its text is kept here."));
}

list.addEventListener("click", (click) => {
  const button = click.target.closest("button[name=act]");
  if (!button) return;
  click.preventDefault();
  const item = button.closest(".asked");
  if (button.matches(".vote")) vote(item, button.value.endsWith(" 1") ? 1 : 0);
  else move(button);
});

const QUESTION = ".asked:not(.waiting)";
listen({
  next: () => goTo(beside(list, QUESTION, 1)),
  previous: () => goTo(beside(list, QUESTION, -1)),
  vote: () => pressed(focused(QUESTION)?.querySelector("button.vote")),
  write: () => enter(document.querySelector("#ask")?.elements.body),
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
    answer = await call("PUT", `/questions/${item.dataset.id}/vote`, { value: Number(sent) }).catch(
      () => null,
    );
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
  say(answer ? words(answer) : gettext("Your vote was not saved. Tap again when you are online."));
}

async function move(button) {
  const [state, id, version] = button.value.split(" ");
  button.setAttribute("aria-disabled", "true");
  const answer = await call("PUT", `/questions/${id}/state`, { state, version: Number(version) }).catch(
    () => null,
  );
  button.removeAttribute("aria-disabled");
  if (!answer) return say(LINE_DOWN);
  if (answer.ok) unsay();
  else say(words(answer));
  const now = answer.ok ? answer.data : answer.status === 412 ? answer.data?.current : null;
  if (now) take(now, true);
}
