// How many notifications wait, beside the link to the inbox. The member's channel says when the number has moved, so it is
// asked for once, kept for the other pages of this window, and asked again only when the channel stands elsewhere.

import { atMost } from "./texts.js";

const KEPT = "unread";
const FRESH = 60000;

/** Shows the number and keeps it right; `told` events come from the live line. */
export function keepUnread() {
  const { viewer } = document.body.dataset;
  if (!viewer) return;
  const kept = read(viewer);
  if (kept) show(kept.unread);
  if (!kept || Date.now() - kept.at > FRESH) look(viewer);
  let timer;
  addEventListener("told", ({ detail: frame }) => {
    if (frame.type === "joined" && read(viewer)?.seq === frame.seq) return;
    clearTimeout(timer);
    timer = setTimeout(() => look(viewer, frame.seq), 200);
  });
}

async function look(viewer, seq = null) {
  const response = await fetch("/api/v1/inbox/unread", { headers: { Accept: "application/json" } }).catch(
    () => null,
  );
  if (!response?.ok) return;
  const { unread } = await response.json();
  sessionStorage.setItem(KEPT, JSON.stringify({ viewer, unread, seq, at: Date.now() }));
  show(unread);
}

function read(viewer) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    return kept?.viewer === viewer ? kept : null;
  } catch {
    return null;
  }
}

function show(unread) {
  for (const place of document.querySelectorAll("[data-unread]")) {
    place.hidden = !unread;
    place.firstElementChild.textContent = atMost(unread);
  }
}
