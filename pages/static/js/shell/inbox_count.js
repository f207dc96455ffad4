// How many notifications wait, beside the link to the inbox. The member's channel says when the number has moved, so it is
// asked for once, kept for the other pages of this window, and asked again only when the channel stands elsewhere.

import { atMost } from "./texts.js";

const KEPT = "unread";
const FRESH = 60000;
const WITHOUT_CHANNEL = 3000;

/** Shows the number and keeps it right; `told` events come from the live line. */
export function keepUnread() {
  const { viewer } = document.body.dataset;
  if (!viewer) return;
  const kept = read(viewer);
  if (kept) show(kept.unread);
  // The channel says soon where it stands; a page without it asks by itself.
  let timer =
    kept && Date.now() - kept.at <= FRESH ? undefined : setTimeout(() => look(viewer), WITHOUT_CHANNEL);
  addEventListener("told", ({ detail: frame }) => {
    clearTimeout(timer);
    if (frame.type === "joined" && read(viewer)?.seq === frame.seq) return;
    timer = setTimeout(() => look(viewer, frame.seq), frame.type === "joined" ? 0 : 200);
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
