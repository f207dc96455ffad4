// How much is left to read in each sector, beside its name: asked for once in a minute and window, and again when the
// member has read something.

import { atMost } from "./texts.js";

const KEPT = "left";
const FRESH = 60000;
const { viewer } = document.body.dataset;

function show(counts) {
  for (const place of document.querySelectorAll("[data-left]")) {
    const here = counts.find((one) => one.sector === place.dataset.left);
    const count = here ? here.unread + here.new : 0;
    place.hidden = !count;
    place.firstElementChild.textContent = atMost(count);
  }
}

async function look() {
  if (document.hidden) return;
  const response = await fetch("/api/v1/unread/counts", { headers: { Accept: "application/json" } }).catch(
    () => null,
  );
  if (!response?.ok) return;
  const { items } = await response.json();
  sessionStorage.setItem(KEPT, JSON.stringify({ viewer, items, at: Date.now() }));
  show(items);
}

/** Shows the numbers where the page has places for them, and keeps them right. */
export function keepCounts() {
  if (!document.querySelector("[data-left]")) return;
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  const isMine = kept?.viewer === viewer;
  if (isMine) show(kept.items);
  if (!isMine || Date.now() - kept.at > FRESH) look();
  let timer;
  addEventListener("told", ({ detail: frame }) => {
    if (!["topic_read", "sector_read"].includes(frame.event?.type)) return;
    clearTimeout(timer);
    timer = setTimeout(look, 1500);
  });
}
