// How many cases wait, beside the link to the queue: asked for once in a minute and window, and told by the queue itself.

import { atMost } from "./texts.js";

const KEPT = "waiting";
const FRESH = 60000;

const show = (waiting) => {
  for (const place of document.querySelectorAll("[data-queue]")) {
    place.hidden = !waiting;
    place.firstElementChild.textContent = atMost(waiting);
  }
};

const keep = (waiting) => {
  sessionStorage.setItem(
    KEPT,
    JSON.stringify({ viewer: document.body.dataset.viewer, waiting, at: Date.now() }),
  );
  show(waiting);
};

async function look() {
  if (document.hidden) return;
  const response = await fetch("/api/v1/cases/waiting", { headers: { Accept: "application/json" } }).catch(
    () => null,
  );
  if (response?.ok) keep((await response.json()).waiting);
}

const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
const isMine = kept?.viewer === document.body.dataset.viewer;
if (isMine) show(kept.waiting);
if (!isMine || Date.now() - kept.at > FRESH) look();
setInterval(look, FRESH);
addEventListener("waiting", ({ detail: waiting }) => keep(waiting));
