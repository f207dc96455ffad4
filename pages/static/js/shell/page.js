// What every page does: times of one's own, menus that close, drafts, how much waits in the inbox.

import { keepDrafts } from "../forum/drafts.js";
import { checkChosenFiles } from "./chosen_files.js";
import { keepUnread } from "./inbox_count.js";
import { actionOf, listen } from "./keys.js";
import { tellSending } from "./sending.js";
import { toggle } from "./shortcut_list.js";
import { localise } from "./times.js";

localise();
keepDrafts();
keepUnread();
checkChosenFiles();
tellSending();
// The cards of members, as soon as somebody points at something or walks with the keyboard; none without a connection.
for (const kind of ["pointerover", "focusin"])
  addEventListener(kind, () => import("./cards.js").catch(() => {}), { once: true });
if (document.querySelector("[data-queue]")) import("./queue_count.js");
if (document.querySelector("[data-left]")) import("./unread_counts.js");
// A page that follows nothing hears all the same what is told to its member, and what was read on another device.
const { viewer, live, streams } = document.body.dataset;
if (viewer && !live && !streams) import("./live.js").then(({ followOwn }) => followOwn());

// A menu closes when something else is pressed, or with Escape, which gives the focus back.
document.addEventListener("click", (click) => {
  for (const menu of document.querySelectorAll("details.more[open]"))
    if (!menu.contains(click.target)) menu.open = false;
});
// The box of search, and the list of the keys of this page.
listen({ search: goToSearch, shortcuts: () => toggle() });
document.addEventListener("click", (click) => {
  if (!click.target.closest?.("[data-shortcuts]") || click.ctrlKey || click.metaKey || click.shiftKey) return;
  click.preventDefault();
  toggle();
});
document.addEventListener("keydown", (key) => {
  const menu = actionOf(key) === "close" && document.querySelector("details.more[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

function goToSearch() {
  const box = [...document.querySelectorAll("#q, [data-find]")].find((one) => one.offsetParent);
  if (!box) return void location.assign("/search");
  box.focus();
  box.select();
}
