// A moderator who stays on a case claims it, and releases it on leaving.

import { call } from "../shell/api.js";

const A_MOMENT = 700;
// A claim holds for two minutes.
const RENEW = 50000;
let held = null;
let timer;

/** Says at which case this moderator is now, after a moment or at once; none is nowhere. What another is at stays theirs. */
export function at(id, { tells = true, wait = A_MOMENT } = {}) {
  if (id === held) return;
  clearTimeout(timer);
  if (tells) release();
  held = null;
  if (id) timer = setTimeout(() => claim(id), wait);
}

/** Forgets what was claimed: it was decided. */
export function letGo() {
  at(null, { tells: false });
}

function claim(id) {
  held = id;
  call("PUT", `/cases/${id}/claim`, {}).catch(() => {});
  timer = setTimeout(() => held === id && claim(id), RENEW);
}

function release() {
  if (held) call("DELETE", `/cases/${held}/claim`).catch(() => {});
}

addEventListener(
  "pagehide",
  () => held && fetch(`/api/v1/cases/${held}/claim`, { method: "DELETE", keepalive: true }),
);
