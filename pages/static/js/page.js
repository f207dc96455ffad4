// What every page does: times of one's own, menus that close, drafts, how much waits in the inbox.

import { keepDrafts } from "./drafts.js";
import { localise } from "./times.js";
import { keepUnread } from "./unread.js";

localise();
keepDrafts();
keepUnread();

// A menu closes when something else is pressed, or with Escape, which gives the focus back.
document.addEventListener("click", (click) => {
  for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(click.target)) menu.open = false;
});
document.addEventListener("keydown", (key) => {
  const menu = key.key === "Escape" && document.querySelector("details.more[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
