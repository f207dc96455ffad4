// Polls on a page: they open, close and show results while one looks; what somebody is about to answer is kept.

import { call, LINE_DOWN, say, unsay, words } from "../shell/api.js";
import { gettext, listed, number, parts, readNumber } from "../shell/texts.js";
import { localise } from "../shell/times.js";
import { sectionFor, turnout } from "./ballots.js";

const place = () => document.querySelector("#polls");
const sectionOf = (id) => place()?.querySelector(`:scope > [data-id="${id}"]`);

/** Takes in the polls of a page that was read anew; a form that somebody has begun to fill in stays as it is. */
export function renew(page) {
  const fresh = page.querySelector("#polls");
  if (!place() || !fresh) return;
  const kept = [];
  for (const section of [...fresh.children]) {
    const old = sectionOf(section.dataset.id);
    const stays = old && old.dataset.state === section.dataset.state && isBusy(old);
    if (stays) counted(old, readNumber(section.querySelector("[data-ballots]")?.textContent ?? ""));
    kept.push(stays ? old : section);
  }
  const focused = document.activeElement;
  const within = focused?.closest?.(".poll");
  place().replaceChildren(...kept);
  // What stays in the page keeps the focus; what was replaced gives it to the poll's heading, so that nobody is lost.
  if (focused && !focused.isConnected && within)
    sectionOf(within.dataset.id)?.querySelector("button, a, input, summary")?.focus({ preventScroll: true });
  else if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  document.querySelector("#no-polls").hidden = kept.length > 0;
  localise(place());
}

/**
 * Takes in a poll that was opened or closed, by what is told of it to all. Says whether nothing is left to read: hosts
 * see more, some answered before it was opened again, and what is split by group is in nobody's event.
 */
export function opened(poll) {
  const old = sectionOf(poll.id);
  if (old?.dataset.state === poll.state && Number(old.dataset.version) >= poll.version) return true;
  const section = sectionFor(poll);
  if (!section) return false;
  const held = old?.contains(document.activeElement);
  if (poll.state === "open") {
    old?.remove();
    const first = [...place().children].find(
      (one) => one.dataset.state !== "open" || Number(one.dataset.id) < poll.id,
    );
    place().insertBefore(section, first ?? null);
  } else if (old) old.replaceWith(section);
  else {
    const first = [...place().children].find(
      (one) => one.dataset.state === "closed" && Number(one.dataset.id) < poll.id,
    );
    place().insertBefore(section, first ?? null);
  }
  const outcome = section.querySelector(".outcome");
  if (outcome) draw(outcome, poll.results);
  document.querySelector("#no-polls").hidden = true;
  if (held) {
    section.tabIndex = -1;
    section.focus({ preventScroll: true });
  }
  return poll.state === "open" ? poll.ballots === 0 : !poll.by_group && poll.kind !== "words";
}

/** How open polls stand: absolute numbers, and results where they are revealed as they come. Says if a poll is unknown. */
export function stand(polls) {
  for (const [id, now] of Object.entries(polls)) {
    const section = sectionOf(id);
    if (section?.dataset.state !== "open") continue;
    counted(section, now.ballots);
    const outcome = section.querySelector(".outcome:not([data-early])");
    if (outcome && now.results) draw(outcome, now.results);
  }
}

/** Whether hosts look ahead at one of these polls, so that it is worth reading again. */
export function isAhead(polls) {
  return Object.keys(polls).some((id) => sectionOf(id)?.querySelector("[data-early]"));
}

function isBusy(section) {
  return section.dataset.dirty === "1" || section.querySelector("details[open] form") !== null;
}

function counted(section, ballots) {
  const count = section.querySelector("[data-ballots]");
  if (count && readNumber(count.textContent) !== ballots) turnout(count, ballots);
}

function draw(outcome, results) {
  if (results.words) return drawWords(outcome, results);
  const top = results.points ? Math.max(1, ...results.points) : results.ballots || 1;
  for (const row of outcome.querySelectorAll("tr[data-place]")) {
    const at = Number(row.dataset.place);
    const part = Math.round((100 * (results.points ?? results.counts)[at]) / top);
    row.querySelector("[data-people]").textContent = number(results.counts[at]);
    if (results.points) row.querySelector("[data-points]").textContent = number(results.points[at]);
    // NOTE: A share of the answers, such as 40 %.
    else row.querySelector("[data-part]").textContent = gettext("%(part)s %%", { part });
    row.querySelector("progress").value = part;
  }
  const middle = outcome.querySelector("[data-middle]");
  if (middle)
    middle.replaceChildren(
      ...(results.mean == null
        ? []
        : [
            span(gettext("Mean %(number)s", { number: number(results.mean) })),
            span(gettext("Median %(number)s", { number: number(results.median) })),
          ]),
    );
}

function drawWords(outcome, results) {
  const list = outcome.querySelector(".cloud");
  if (list.contains(document.activeElement)) return;
  const most = Math.max(1, ...results.words.map((group) => group.count));
  const striking = new Map(
    [...list.children].map((item) => [item.querySelector("bdi").textContent, item.querySelector("details")]),
  );
  const items = results.words.map((group) => {
    const item = document.createElement("li");
    item.className = `s${1 + Math.round((4 * group.count) / most)}`;
    item.append(
      bdi(group.word),
      " ",
      Object.assign(document.createElement("b"), { textContent: number(group.count) }),
    );
    if (group.forms?.length) {
      const also = Object.assign(span(""), { className: "hint" });
      // NOTE: Other spellings of a word, after the word.
      also.append(...parts(gettext("also %(words)s"), { words: listed(group.forms.map(bdi)) }));
      item.append(" ", also);
    }
    if (striking.get(group.word)) item.append(striking.get(group.word));
    return item;
  });
  list.replaceChildren(...items);
  const none = outcome.querySelector(".empty");
  if (none) none.hidden = items.length > 0;
}

const span = (text) => Object.assign(document.createElement("span"), { textContent: text });
const bdi = (text) => Object.assign(document.createElement("bdi"), { textContent: text });

function answerOf(form) {
  const given = new FormData(form);
  const kind = form.dataset.kind;
  if (kind === "words")
    return given
      .getAll("word")
      .map((word) => word.trim())
      .filter(Boolean);
  if (kind === "ranked") {
    const ranks = [...given]
      .filter(([, rank]) => rank)
      .map(([name, rank]) => [Number(rank), Number(name.slice(5))]);
    return ranks.sort((one, other) => one[0] - other[0]).map(([, option]) => option);
  }
  const chosen = given.getAll("choice").map(Number);
  return kind === "several" ? chosen : chosen[0];
}

function isTied(form) {
  const ranks = [...form.querySelectorAll(".rank select")].map((one) => one.value).filter(Boolean);
  return new Set(ranks).size < ranks.length;
}

/** Answers without leaving the page; `reread` brings the polls up to date afterwards. */
export function answering(reread) {
  document.addEventListener("change", (change) => {
    const form = change.target.closest?.(".ballot");
    if (form) form.closest(".poll").dataset.dirty = "1";
  });
  document.addEventListener("input", (input) => {
    const form = input.target.closest?.(".ballot");
    if (form) form.closest(".poll").dataset.dirty = "1";
  });
  document.addEventListener("submit", async (submit) => {
    const form = submit.target.closest?.(".ballot");
    if (!form) return;
    submit.preventDefault();
    const section = form.closest(".poll");
    const takes = submit.submitter?.name === "take";
    if (!takes && isTied(form)) return say(gettext("Choose a different rank for each option."), form);
    const answer = await call("PUT", `/polls/${section.dataset.id}/ballot`, {
      answer: takes ? null : answerOf(form),
    }).catch(() => null);
    if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN, form);
    unsay(form);
    delete section.dataset.dirty;
    counted(section, answer.data.ballots);
    const told = takes
      ? gettext("Your answer was withdrawn.")
      : gettext("Your answer is saved. You can change it while the poll is open.");
    tell(section, told);
    await reread();
    beside(section.dataset.id, told);
  });
}

function tell(section, text) {
  let live = document.querySelector("#polls-said");
  if (!live) {
    live = Object.assign(document.createElement("p"), { id: "polls-said", className: "unseen" });
    live.setAttribute("role", "status");
    place().before(live);
  }
  live.textContent = gettext("%(poll)s: %(message)s", {
    poll: section.querySelector("h2").textContent,
    message: text,
  });
}

// Where one looks: the page's own line is read out, and may be far above.
function beside(id, text) {
  const buttons = document.querySelector(`#poll${id} .ballot .buttons`);
  buttons?.querySelector(".told")?.remove();
  const line = Object.assign(span(text), { className: "told hint" });
  line.setAttribute("aria-hidden", "true");
  buttons?.append(line);
}
