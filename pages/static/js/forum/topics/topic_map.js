// The line of a topic that stays in view: its title once the heading is gone, the place of the post in view among all posts,
// and the ways to the first, the unread and the last post and to the reply.

import { enter } from "../../shell/keys.js";
import { goTo } from "../../shell/steps.js";
import { gettext, number } from "../../shell/texts.js";
import { reveal } from "../fold.js";

const map = document.querySelector("#map");
const list = document.querySelector("#posts");
// Below the line, so far down a post begins to be the one in view (px).
const EDGE = 90;

let asked = false;

for (const kind of ["scroll", "resize"]) addEventListener(kind, ask, { passive: true });
new MutationObserver(ask).observe(list, { childList: true, subtree: true });
document.addEventListener("click", follow);
show();

/** Follows one of the ways: `first`, `unread` or `last`. */
export function go(way) {
  map.querySelector(`[data-way="${way}"]:not([hidden])`)?.click();
}

function ask() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    show();
  });
}

function show() {
  map.classList.toggle("stuck", document.querySelector("h1").getBoundingClientRect().bottom < 0);
  const place = placeInView();
  const total = Math.max(Number(document.querySelector("#count").dataset.count), place);
  // NOTE: The place of a post among all posts of a topic, such as 12 of 66.
  const said = place ? gettext("%(place)s of %(total)s", { place: number(place), total: number(total) }) : "";
  for (const one of map.querySelectorAll("[data-place]")) if (said) one.textContent = said;
}

function placeInView() {
  const posts = [...list.querySelectorAll(".post:not(.gone)")];
  const seen = posts.filter((one) => one.offsetParent);
  if (!seen.length) return 0;
  // At the end of the page the last post is the one that was reached.
  const ends = seen.at(-1).getBoundingClientRect().bottom <= innerHeight;
  const found = (!ends && seen.find((one) => one.getBoundingClientRect().bottom > EDGE)) || seen.at(-1);
  return Number(map.dataset.before) + posts.indexOf(found) + 1;
}

function follow(click) {
  const link = click.target.closest?.("[data-way], [href='#reply']");
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey) return;
  if (!link.dataset.way) {
    if (enter(document.querySelector("#reply textarea"))) click.preventDefault();
    return;
  }
  link.closest("details")?.removeAttribute("open");
  const post = list.querySelector(`.post${link.hash}`);
  if (!post) return;
  click.preventDefault();
  reveal(post);
  goTo(post);
}
