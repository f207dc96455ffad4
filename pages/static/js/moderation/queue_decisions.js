// Deciding a case, and undoing the decision within its grace period.

import { call, LINE_DOWN, say, words } from "../shell/api.js";
import { keyOf } from "../shell/keys.js";
import { showRefused } from "../shell/refused.js";
import { gettext, pgettext, number as shown } from "../shell/texts.js";
import {
  ahead,
  current,
  decided,
  following,
  forward,
  number,
  open,
  refresh,
  row,
  rows,
} from "./queue_cases.js";
import { letGo } from "./queue_claims.js";

const GRACE = 12000;
const FEW = 8;
const told = document.querySelector("#told");
let undo = null;
// The case about which a decision is being sent: its answer says what became of it.
let sending = 0;

/** Whether a decision about a case is being sent from here. */
export const isSending = (id) => sending === id;

// What a decision was, after a colon.
const DECISIONS = {
  hide: pgettext("decision", "hidden"),
  no_action: pgettext("decision", "no action"),
  also: pgettext("decision", "done"),
};
const word = (action) => DECISIONS[action] ?? action;

/** Says who was quicker, and what they decided. */
export function alreadyDecided(last) {
  const [name, decision] = [last?.by?.display_name, word(last?.action)];
  // NOTE: The decision is "hidden", "no action" or "done".
  if (name) return gettext("%(name)s has already decided this case: %(decision)s.", { name, decision });
  return gettext("Another moderator has already decided this case: %(decision)s.", { decision });
}

function otherDecided(number, last) {
  const [name, decision] = [last.by?.display_name, word(last.action)];
  if (!name)
    return gettext("Another moderator has already decided case %(number)s: %(decision)s.", {
      number,
      decision,
    });
  return gettext("%(name)s has already decided case %(number)s: %(decision)s.", { name, number, decision });
}

function reasonOf(form) {
  const picked = [...form.elements].find((one) => one.name === "template" && one.checked);
  const text = (name) => form.elements[name].value.trim();
  return {
    rule: text("rule") || picked?.dataset.rule || "",
    facts: text("facts") || picked?.dataset.facts || "",
  };
}

export async function decide(form, action) {
  const article = current();
  const id = number(article);
  const besides =
    action === "no_action"
      ? []
      : [...form.elements].filter((one) => one.name === "also" && one.checked).map((one) => one.value);
  if (action === "also" && !besides.length) return say(gettext("Select at least one action."));
  const [first, ...also] = action === "also" ? besides : [action, ...besides];
  const body = { version: Number(article.dataset.version), action: first };
  if (also.length) body.also = also;
  if (besides.length && form.elements.days?.value) body.days = Number(form.elements.days.value);
  if (besides.length && form.elements.everywhere?.checked) body.everywhere = true;
  if (action !== "no_action") body.reason = reasonOf(form);
  if (action !== "no_action" && !body.reason.rule)
    return say(gettext("Choose a reason, or write a custom reason."));
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
  const form = document.querySelector("#decide");
  // What is wrong with the reason is said where it was typed.
  if (!winner && answer.data?.errors && form) return showRefused(form, answer, { reason: "rule" });
  const what = winner ? otherDecided(id, winner) : words(answer);
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
    Object.assign(document.createElement("p"), {
      textContent: gettext("Case %(number)s: %(decision)s.", { number: id, decision: word(action) }),
    }),
    button,
  );
  told.replaceChildren(notice);
  const until = Date.now() + GRACE;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) return drop();
    button.textContent = gettext("Undo (%(key)s), %(seconds)s s", {
      key: keyOf("undo"),
      seconds: shown(left),
    });
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

export async function takeBack() {
  if (!undo) return;
  const { id, decision, rest, drop } = undo;
  drop();
  const answer = await call("DELETE", `/decisions/${decision}`).catch(() => null);
  if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN);
  decided.delete(id);
  if (rest && !row(id)) document.querySelector(".cases")?.prepend(rest);
  told.textContent = gettext("Case %(number)s is open again.", { number: id });
  ahead.delete(id);
  await open(id);
}
