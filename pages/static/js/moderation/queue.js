// The queue by keys: one key for the reason, Enter, and the next case is there, because it was read ahead.

import "../shell/page.js";
import { call, LINE_DOWN, newKey, pill, say, unsay } from "../shell/api.js";
import { actionOf, enter, listen, press } from "../shell/keys.js";
import { follow, reconcile, reread } from "../shell/live.js";
import { clearRefused, showRefused } from "../shell/refused.js";
import { gettext } from "../shell/texts.js";
import { localise } from "../shell/times.js";
import {
  ahead,
  count,
  current,
  decided,
  forward,
  list,
  number,
  open,
  read,
  refresh,
  row,
  rows,
  settle,
} from "./queue_cases.js";
import { at } from "./queue_claims.js";
import { alreadyDecided, decide, isSending, takeBack } from "./queue_decisions.js";

const isWaiting = !location.search.includes("state=decided");

async function talk(form, deed) {
  const id = number(current());
  const text = (name) => form.elements[name]?.value.trim();
  form.dataset.key ??= newKey();
  const sent = {
    note: () =>
      call("POST", `/cases/${id}/notes`, { body: text("body") }, { "Idempotency-Key": form.dataset.key }),
    claim: () => call("PUT", `/cases/${id}/claim`, {}),
    let_go: () => call("DELETE", `/cases/${id}/claim`),
    hand_over: () => call("PUT", `/cases/${id}/claim`, { member: text("member") }),
  }[deed];
  const answer = await sent().catch(() => null);
  if (!answer) return say(LINE_DOWN);
  if (!answer.ok) return showRefused(form, answer);
  unsay();
  clearRefused(form);
  delete form.dataset.key;
  if (deed === "note") form.elements.body.value = "";
  if (deed === "let_go" || deed === "hand_over") at(null, { tells: false });
  refreshTalk(id);
}

// Refreshes notes and the claim of a case; text that is being written here stays.
async function refreshTalk(id) {
  const found = await read(id).catch(() => null);
  if (!found?.article || number(current()) !== id) return;
  for (const part of ["#discussion", "#whose", "#noted"]) {
    const old = current().querySelector(part);
    const fresh = found.article.querySelector(part);
    if (!old || !fresh) continue;
    localise(fresh);
    if (part === "#discussion") reconcile(old, fresh);
    else if (!old.contains(document.activeElement)) old.replaceChildren(...fresh.childNodes);
  }
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
    words.textContent = one.claim
      ? gettext("%(name)s is reviewing this", { name: one.claim.by.display_name })
      : "";
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
    if (isCurrent && current().dataset.state === "open" && !decided.has(one.id) && !isSending(one.id))
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
      pill("changed", gettext("This case has changed. Show it again"), () => open(one.id));
  }
  tally();
}

function superseded(last) {
  current().dataset.state = "decided";
  current().querySelector("#decide")?.setAttribute("inert", "");
  say(alreadyDecided(last));
  pill("changed", gettext("Go to the next case"), () => forward());
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

// Chooses a reason by its number, or one of the other buttons; Enter then confirms.
function choose(value, number = "") {
  const form = current()?.querySelector("#decide");
  if (!form) return false;
  // Somebody else has decided it: there is nothing to choose, and one goes on.
  if (current().dataset.state !== "open") return forward();
  const [button, template] = [
    form.querySelector(`button[value="${value}"]`),
    number && form.querySelector(`[data-number="${number}"]`),
  ];
  if (!button || template === null) return false;
  if (template) template.checked = true;
  button.focus();
}

const step = (by) => {
  const all = rows();
  const place = all.indexOf(row(number(current())));
  open(number(all[Math.max(0, Math.min(all.length - 1, place + by))]));
};

function unfold() {
  const parts = [...(current()?.querySelectorAll(".rest > details") ?? [])];
  const isOpen = parts.some((one) => !one.open);
  for (const one of parts) one.open = isOpen;
}

function note() {
  const field = current()?.querySelector("#body");
  field?.closest("details")?.setAttribute("open", "");
  return enter(field);
}

listen({
  next: () => step(1),
  previous: () => step(-1),
  reason: (name) => choose("hide", name),
  no_action: () => choose("no_action"),
  approve: () => choose("approve"),
  undo: takeBack,
  write: note,
  pictures: () => press(current()?.querySelector("#show-media")),
  open: unfold,
});
// Who leaves a field or a button with Escape goes on by keys.
document.addEventListener("keydown", (key) => {
  if (actionOf(key) === "close" && !document.querySelector("dialog[open]")) document.activeElement?.blur();
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
