// One's own questions that nobody else sees: those that wait for approval, and what became of them.

import { call } from "../shell/api.js";
import { draw, elementFor } from "./questions.js";

const place = document.querySelector("#own");
const list = place?.querySelector("ol");
const STAYS = ["pending", "dismissed", "merged"];
const known = (id) => list?.querySelector(`:scope > [data-id="${id}"]`);

/** Whether a question is one's own, as far as this page knows. */
export const isOwn = (id) =>
  Boolean(
    known(id) ?? document.querySelector(`#questions > [data-id="${id}"][data-mine]:not([data-mine=""])`),
  );

/** Takes what is known of a question of one's own; events do not say the reason, so that is asked for. */
export async function own(question) {
  if (!list) return;
  const item = known(question.id);
  if (!STAYS.includes(question.state)) item?.remove();
  else {
    const whole = question.html === undefined ? await ask(question.id) : question;
    if (item) draw(item, whole ?? question);
    else if (whole) list.append(elementFor({ ...whole, mine: true }));
  }
  place.hidden = list.children.length === 0;
}

const EVERY = 3000;
let asked = -EVERY;
let waiting;

/** Something happened that is not told to all: perhaps to a question of one's own. Asks about those, now and then. */
export function wonder() {
  if (waiting || !list?.querySelector(".pending, .dismissed")) return;
  waiting = setTimeout(
    async () => {
      waiting = null;
      asked = performance.now();
      for (const item of list.querySelectorAll(".pending, .dismissed")) {
        const now = await ask(item.dataset.id);
        if (now && now.version !== Number(item.dataset.version)) own(now);
      }
    },
    Math.max(Math.random() * 800, asked + EVERY * (1 + Math.random()) - performance.now()),
  );
}

async function ask(id) {
  const answer = await call("GET", `/questions/${id}`).catch(() => null);
  return answer?.ok ? answer.data : null;
}
