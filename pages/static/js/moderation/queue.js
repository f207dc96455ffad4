// The queue by keys: one key for the reason, Enter, and the next case is there, because it was read meanwhile.

import "../shell/page.js";
import { LINE_DOWN, call, newKey, pill, say, unsay, words } from "../shell/api.js";
import { at, letGo } from "./queue_claims.js";
import { isOff } from "../shell/keys.js";
import { follow, reconcile, reread } from "../shell/live.js";
import { localise } from "../shell/times.js";

const GRACE = 12000;
const FEW = 8;
const MOST = 100;
const desk = document.querySelector("#desk");
const told = document.querySelector("#told");
const isWaiting = !location.search.includes("state=decided");
// Cases that were read ahead, by number, and those decided here, whose event is no news.
const ahead = new Map();
const decided = new Set();
let undo = null;
// The case about which a decision is under way: its answer says what became of it.
let sending = 0;

const current = () => desk.querySelector("#case");
const rows = () => [...document.querySelectorAll(".cases > .case")];
const row = (id) => document.querySelector(`#c${id}`);
const number = (one) => Number(one?.dataset.case ?? 0);

// ---- reading ahead, and opening

async function read(id) {
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
function following() {
  const all = rows().filter((one) => !("involved" in one.dataset) && number(one) !== number(current()));
  const free = all.filter((one) => !one.classList.contains("theirs"));
  const place = rows().indexOf(row(number(current())));
  return number(free.find((one) => rows().indexOf(one) > place) ?? free[0] ?? all[0]);
}

async function open(id) {
  try {
    show(await readAhead(id));
  } catch {
    say(LINE_DOWN);
  }
}

// On to what waits: what was decided since it was read is passed over.
async function forward(id = following()) {
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

// Whoever goes on to a case means to decide it, and says so at once; whoever looks around, after a moment.
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
      textContent: "Nothing waits for you here.",
    }),
  );
  at(null);
}

// At a case one says so, and reads the next one.
function settle(wait) {
  const article = current();
  at(article?.dataset.state === "open" && article.querySelector("#decide") ? number(article) : null, {
    wait,
  });
  readAhead(following())?.catch(() => {});
}

// ---- deciding

const word = (action) => ({ hide: "hidden", no_action: "no action", also: "done" })[action] ?? action;

function reasonOf(form) {
  const picked = form.querySelector('[name="template"]:checked');
  const text = (name) => form.elements[name].value.trim();
  return {
    rule: text("rule") || picked?.dataset.rule || "",
    facts: text("facts") || picked?.dataset.facts || "",
  };
}

async function decide(form, action) {
  const article = current();
  const id = number(article);
  const besides =
    action === "no_action" ? [] : [...form.querySelectorAll('[name="also"]:checked')].map((one) => one.value);
  if (action === "also" && !besides.length) return say("Tick what is to be done.");
  const [first, ...also] = action === "also" ? besides : [action, ...besides];
  const body = { version: Number(article.dataset.version), action: first };
  if (also.length) body.also = also;
  if (besides.length && form.elements.days?.value) body.days = Number(form.elements.days.value);
  if (besides.length && form.elements.everywhere?.checked) body.everywhere = true;
  if (action !== "no_action") body.reason = reasonOf(form);
  if (action !== "no_action" && !body.reason.rule)
    return say("Pick a reason first, or say it in other words.");
  form.inert = true;
  sending = id;
  const next = following();
  const answer = await call("POST", `/cases/${id}/decisions`, body).catch(() => null);
  form.inert = false;
  sending = 0;
  if (!answer) return say(LINE_DOWN);
  if (!answer.ok) return refused(id, answer);
  decided.add(id);
  letGo();
  const rest = row(id);
  rest?.remove();
  offerUndo(id, answer.data, action, rest);
  if (number(current()) === id) await forward(next || undefined);
  if (rows().length < FEW) refresh();
}

async function refused(id, answer) {
  const winner = answer.data?.current?.decisions?.at(-1);
  const what = winner
    ? `${winner.by?.display_name ?? "Somebody"} has decided case ${id} first: ${word(winner.action)}.`
    : words(answer);
  ahead.delete(id);
  if (winner) row(id)?.remove();
  // Who has gone on meanwhile is not moved from where they are now.
  if (number(current()) === id) await (winner ? forward() : open(id));
  say(what);
}

function offerUndo(id, decision, action, rest) {
  clearInterval(undo?.timer);
  const button = Object.assign(document.createElement("button"), {
    className: "button quiet",
    type: "button",
  });
  const notice = Object.assign(document.createElement("div"), { className: "notice" });
  notice.append(
    Object.assign(document.createElement("p"), { textContent: `Case ${id}: ${word(action)}.` }),
    button,
  );
  told.replaceChildren(notice);
  const until = Date.now() + GRACE;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) return drop();
    button.textContent = `Undo (z), ${left} s`;
  };
  const drop = () => {
    clearInterval(undo?.timer);
    undo = null;
    button.remove();
  };
  undo = { id, decision: decision.id, rest, drop, timer: setInterval(tick, 500) };
  button.onclick = takeBack;
  tick();
}

async function takeBack() {
  if (!undo) return;
  const { id, decision, rest, drop } = undo;
  drop();
  const answer = await call("DELETE", `/decisions/${decision}`).catch(() => null);
  if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN);
  decided.delete(id);
  if (rest && !row(id)) document.querySelector(".cases")?.prepend(rest);
  told.textContent = `Case ${id} waits again.`;
  ahead.delete(id);
  await open(id);
}

// ---- among moderators

async function talk(form, deed) {
  const id = number(current());
  const text = (name) => form.elements[name]?.value.trim();
  const sent = {
    note: () =>
      call(
        "POST",
        `/cases/${id}/notes`,
        { body: text("body") },
        { "Idempotency-Key": (form.dataset.key ??= newKey()) },
      ),
    claim: () => call("PUT", `/cases/${id}/claim`, {}),
    let_go: () => call("DELETE", `/cases/${id}/claim`),
    hand_over: () => call("PUT", `/cases/${id}/claim`, { member: text("member") }),
  }[deed];
  const answer = await sent().catch(() => null);
  if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN);
  unsay();
  delete form.dataset.key;
  if (deed === "note") form.elements.body.value = "";
  if (deed === "let_go" || deed === "hand_over") at(null, { tells: false });
  refreshTalk(id);
}

// What others say and who is at it; what is being written here stays.
async function refreshTalk(id) {
  const found = await read(id).catch(() => null);
  if (!found?.article || number(current()) !== id) return;
  for (const part of ["#discussion", "#whose"]) {
    const old = current().querySelector(part);
    const fresh = found.article.querySelector(part);
    if (!old || !fresh) continue;
    localise(fresh);
    if (part === "#discussion") reconcile(old, fresh);
    else if (!old.contains(document.activeElement)) old.replaceChildren(...fresh.childNodes);
  }
}

// ---- what happens elsewhere

let timer;
function refresh() {
  timer ??= setTimeout(() => {
    timer = null;
    renew()
      .then(() => current() || forward())
      .catch(() => {});
  }, 300);
}

async function renew() {
  list((await reread()).page);
}

function list(page) {
  const [old, fresh] = [document.querySelector(".cases"), page.querySelector(".cases")];
  for (const one of fresh?.children ?? []) if (decided.has(number(one))) one.remove();
  if (old && fresh) {
    const ticked = new Set([...old.querySelectorAll(":checked")].map((box) => box.value));
    localise(fresh);
    reconcile(old, fresh);
    for (const box of old.querySelectorAll('[name="cases"]')) box.checked ||= ticked.has(box.value);
  } else if (fresh) document.querySelector("#many .empty")?.replaceWith(document.importNode(fresh, true));
  else old?.replaceChildren();
  count(Number(page.querySelector("[data-waiting]")?.textContent ?? 0));
}

function count(waiting) {
  for (const place of document.querySelectorAll("[data-waiting]")) place.textContent = waiting;
  dispatchEvent(new CustomEvent("waiting", { detail: waiting }));
}

function happened({ type, case: one }) {
  if (!one) return;
  const known = row(one.id);
  const isCurrent = number(current()) === one.id;
  const mine = one.claim?.by.id === Number(document.body.dataset.viewer);
  if (known) {
    known.classList.toggle("theirs", Boolean(one.claim) && !mine);
    const words = known.querySelector(".at-it");
    words.hidden = !one.claim;
    words.textContent = one.claim ? `${one.claim.by.display_name} is at it` : "";
    words.dataset.until = one.claim?.until ?? "";
  }
  if (type === "case_claimed" || type === "case_noted") {
    ahead.delete(one.id);
    if (isCurrent) refreshTalk(one.id);
    return;
  }
  if (one.state !== "open") {
    const last = one.decisions.at(-1);
    if (isWaiting) known?.remove();
    ahead.delete(one.id);
    if (isCurrent && current().dataset.state === "open" && !decided.has(one.id) && sending !== one.id)
      superseded(last);
    return tally();
  }
  decided.delete(one.id);
  if (!known) refresh();
  else if (Number(known.dataset.version) !== one.version) {
    known.dataset.version = one.version;
    const box = known.querySelector('[name="cases"]');
    if (box) box.value = `${one.id}.${one.version}`;
    ahead.delete(one.id);
    if (isCurrent && Number(current().dataset.version) !== one.version)
      pill("changed", "This case has changed: look again", () => open(one.id));
  }
  tally();
}

function superseded(last) {
  current().dataset.state = "decided";
  current().querySelector("#decide")?.setAttribute("inert", "");
  say(`${last?.by?.display_name ?? "Somebody"} has decided this case meanwhile: ${word(last?.action)}.`);
  pill("changed", "To the next case", () => forward());
  at(null);
}

let counting;
function tally() {
  clearTimeout(counting);
  counting = setTimeout(async () => {
    const answer = await call("GET", "/cases/waiting").catch(() => null);
    if (answer?.ok) count(answer.data.waiting);
  }, 300);
}

// ---- hands

document.addEventListener("submit", (submit) => {
  const form = submit.target;
  const deed = submit.submitter?.value ?? (form.matches(".note") ? "note" : "");
  if (form.id === "decide" && ["hide", "no_action", "also"].includes(deed)) {
    submit.preventDefault();
    decide(form, deed);
  } else if (["note", "claim", "let_go", "hand_over"].includes(deed)) {
    submit.preventDefault();
    talk(form, deed);
  }
});

document.addEventListener("click", (click) => {
  const link = click.target.closest(".case .open");
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
  click.preventDefault();
  open(number(link.closest(".case")));
});

function pick(key) {
  const form = current()?.querySelector("#decide");
  if (!form) return;
  // Somebody else has decided it: there is nothing to pick, and one goes on.
  if (current().dataset.state !== "open") return forward();
  const buttons = (word) => form.querySelector(`button[value="${word}"]`);
  if (key === "0") return buttons("no_action").focus();
  const template = form.querySelector(`[data-key="${key}"]`);
  if (!template) return;
  template.checked = true;
  buttons("hide").focus();
}

const step = (by) => {
  const all = rows();
  const place = all.indexOf(row(number(current())));
  open(number(all[Math.max(0, Math.min(all.length - 1, place + by))]));
};

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  z: takeBack,
  n: () => current()?.querySelector("#body")?.focus(),
  m: () => current()?.querySelector("#show-media")?.click(),
};

document.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.metaKey || key.altKey || isOff()) return;
  if (key.key === "Escape") return document.activeElement?.blur();
  const isTyping = key.target.matches('input:not([type="radio"], [type="checkbox"]), textarea, select');
  if (isTyping) return;
  if (/^[0-9]$/.test(key.key)) {
    key.preventDefault();
    pick(key.key);
  } else if (KEYS[key.key]) {
    key.preventDefault();
    KEYS[key.key]();
  }
});

// A claim lapses by the clock, and nothing tells of it.
setInterval(() => {
  for (const words of document.querySelectorAll(".at-it:not([hidden])")) {
    if (!words.dataset.until || new Date(words.dataset.until) > new Date()) continue;
    words.hidden = true;
    words.closest(".case")?.classList.remove("theirs");
  }
}, 5000);

follow({
  event: (event) => event.type !== "withheld" && happened(event),
  async reset() {
    const { page, streams } = await reread();
    list(page);
    return streams;
  },
});
settle();
