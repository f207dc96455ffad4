// The cases of the queue: the list, reading cases ahead, opening one and going on to the next.

import { LINE_DOWN, say, unsay } from "../shell/api.js";
import { reconcile, reread } from "../shell/live.js";
import { gettext, readNumber, number as shown } from "../shell/texts.js";
import { localise } from "../shell/times.js";
import { at } from "./queue_claims.js";

const MOST = 100;
const desk = document.querySelector("#desk");
// Cases that were read ahead, by number, and those decided here, whose event is no news.
export const ahead = new Map();
export const decided = new Set();

export const current = () => desk.querySelector("#case");
export const rows = () => [...document.querySelectorAll(".cases > .case")];
export const row = (id) => document.querySelector(`#c${id}`);
export const number = (one) => Number(one?.dataset.case ?? 0);

export async function read(id) {
  const address = new URL(row(id)?.querySelector(".open")?.href ?? `/queue?case=${id}`, location.href);
  const response = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!response.ok) throw new Error(`${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { address, page, article: page.querySelector("#case") };
}

function readAhead(id) {
  if (!id) return null;
  if (!ahead.has(id)) {
    const reading = read(id);
    reading.catch(() => ahead.delete(id));
    ahead.set(id, reading);
  }
  return ahead.get(id);
}

// What waits for this moderator, after the case one is at; what others are at comes last.
export function following() {
  const all = rows().filter((one) => !("involved" in one.dataset) && number(one) !== number(current()));
  const free = all.filter((one) => !one.classList.contains("theirs"));
  const place = rows().indexOf(row(number(current())));
  return number(free.find((one) => rows().indexOf(one) > place) ?? free[0] ?? all[0]);
}

export async function open(id) {
  try {
    show(await readAhead(id));
  } catch {
    say(LINE_DOWN);
  }
}

// On to what waits: what was decided since it was read is passed over.
export async function forward(id = following()) {
  try {
    for (let tries = 0; tries < MOST; tries += 1) {
      if (!id) {
        // The list may be only the beginning of what waits.
        await renew();
        id = following();
      }
      if (!id) return nothingLeft();
      const found = await readAhead(id);
      if (found.article?.dataset.state === "open") return show(found, 0);
      ahead.delete(id);
      row(id)?.remove();
      id = following();
    }
  } catch {
    say(LINE_DOWN);
  }
}

// A moderator who goes on to the next case claims it immediately; one who opens a case from the list, after a moment.
function show({ address, article }, wait) {
  if (!article) return;
  const fresh = document.importNode(article, true);
  ahead.delete(number(article));
  localise(fresh);
  desk.replaceChildren(fresh);
  history.replaceState(null, "", address);
  for (const one of rows()) one.toggleAttribute("aria-current", number(one) === number(fresh));
  row(number(fresh))?.setAttribute("aria-current", "true");
  unsay();
  fresh.focus({ preventScroll: true });
  if (fresh.getBoundingClientRect().top < 0) fresh.scrollIntoView({ block: "start" });
  settle(wait);
}

function nothingLeft() {
  desk.replaceChildren(
    Object.assign(document.createElement("p"), {
      className: "empty",
      textContent: gettext("There are no more cases for you to review."),
    }),
  );
  at(null);
}

// At a case one says so, and reads the next one.
export function settle(wait) {
  const article = current();
  at(article?.dataset.state === "open" && article.querySelector("#decide") ? number(article) : null, {
    wait,
  });
  readAhead(following())?.catch(() => {});
}

let timer;
export function refresh() {
  if (timer) return;
  timer = setTimeout(() => {
    timer = null;
    renew()
      .then(() => current() || forward())
      .catch(() => {});
  }, 300);
}

async function renew() {
  list((await reread()).page);
}

export function list(page) {
  const [old, fresh] = [document.querySelector(".cases"), page.querySelector(".cases")];
  for (const one of fresh?.children ?? []) if (decided.has(number(one))) one.remove();
  if (old && fresh) {
    const ticked = new Set([...old.querySelectorAll(":checked")].map((box) => box.value));
    localise(fresh);
    reconcile(old, fresh);
    for (const box of old.querySelectorAll('[name="cases"]')) box.checked ||= ticked.has(box.value);
  } else if (fresh) document.querySelector("#many .empty")?.replaceWith(document.importNode(fresh, true));
  else old?.replaceChildren();
  count(readNumber(page.querySelector("[data-waiting]")?.textContent ?? ""));
}

export function count(waiting) {
  for (const place of document.querySelectorAll("[data-waiting]")) place.textContent = shown(waiting);
  dispatchEvent(new CustomEvent("waiting", { detail: waiting }));
}
