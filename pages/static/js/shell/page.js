// What every page does: times of one's own, menus that close, keys. What not every page needs is loaded when it does.

import { actionOf, isOff, listen } from "./keys.js";
import { localise } from "./times.js";

const { viewer, live, streams } = document.body.dataset;

localise();
if (viewer || document.querySelector("main form")) import("./member.js");
// The cards of members, when somebody points at a name or reaches one with the keyboard, and with the first touch, as a tap
// must find them ready; none without a connection.
for (const kind of ["pointerover", "focusin"])
  addEventListener(kind, ({ target, pointerType }) => {
    if (pointerType === "touch" || target.closest?.("a[href^='/m/']")) import("./cards.js").catch(() => {});
  });
if (document.querySelector("[data-queue]")) import("./queue_count.js");
// A page that follows nothing hears all the same what is told to its member, and what was read on another device.
if (viewer && !live && !streams) import("./live.js").then(({ followOwn }) => followOwn());

// What a box of search offers, and the palette: their scripts come when they are first used; none without a connection.
const offer = ({ target }) =>
  target?.dataset?.find !== undefined &&
  import("./finding/offers.js").then(({ offerTo }) => offerTo(target)).catch(() => {});
addEventListener("focusin", offer);
offer({ target: document.activeElement });
// It opens while somebody types, too; a text in which the key makes a link has taken it already.
addEventListener("keydown", (key) => {
  if (actionOf(key) !== "find" || key.defaultPrevented || isOff()) return;
  key.preventDefault();
  import("./finding/palette.js").then(({ toggle }) => toggle()).catch(() => {});
});

// A menu closes when something else is pressed, or with Escape, which gives the focus back.
document.addEventListener("click", (click) => {
  for (const menu of document.querySelectorAll("details.more[open]"))
    if (!menu.contains(click.target)) menu.open = false;
});
// The box of search, and the list of the keys of this page.
listen({ search: goToSearch, shortcuts: listShortcuts });
document.addEventListener("click", (click) => {
  if (!click.target.closest?.("[data-shortcuts]") || click.ctrlKey || click.metaKey || click.shiftKey) return;
  click.preventDefault();
  listShortcuts();
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

function listShortcuts() {
  import("./shortcut_list.js").then(
    ({ toggle }) => toggle(),
    () => location.assign("/help"),
  );
}
