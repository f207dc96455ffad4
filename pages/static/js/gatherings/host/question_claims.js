// Soft claims: a host who stays at a question lets the others know, and lets go on leaving.

import { call } from "../../shell/api.js";

const A_MOMENT = 700;
// A claim holds for a minute.
const RENEW = 25000;
let held = null;
let timer;

/** Says at which card this host is now; none is nowhere. */
export function at(card) {
  // Where another host is one only looks.
  const id = card?.querySelector(".claim")?.hidden ? card.dataset.id : null;
  if (id === held) return;
  clearTimeout(timer);
  release();
  if (id) timer = setTimeout(() => claim(id), A_MOMENT);
}

function claim(id) {
  held = id;
  call("PUT", `/questions/${id}/claim`).catch(() => {});
  timer = setTimeout(() => held === id && claim(id), RENEW);
}

function release() {
  if (!held) return;
  const id = held;
  held = null;
  call("DELETE", `/questions/${id}/claim`).catch(() => {});
}

addEventListener(
  "pagehide",
  () => held && fetch(`/api/v1/questions/${held}/claim`, { method: "DELETE", keepalive: true }),
);
document.addEventListener("visibilitychange", () => document.hidden && at(null));
