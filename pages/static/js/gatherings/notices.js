// A notice in the page: filled from a template that the server rendered, and changed in place.

import { showAuthor } from "../shell/people.js";
import { ngettext, number } from "../shell/texts.js";
import { localise } from "../shell/times.js";

const template = document.querySelector("#note-template");
// The sample has all marks and actions that a notice can have here.
const sample = template.content.firstElementChild;
const groups = JSON.parse(template.dataset.groups);
export const texts = JSON.parse(template.dataset.words);
const isHost = document.body.dataset.host !== undefined;

/** A new list element for a notice. */
export function elementFor(notice) {
  const item = sample.cloneNode(true);
  item.id = `n${notice.id}`;
  item.dataset.id = notice.id;
  item.dataset.post = notice.post;
  if (item.querySelector("button.thanks")) item.querySelector("span.thanks").remove();
  address(item, item.dataset);
  draw(item, notice);
  return item;
}

// The sample's buttons and links name notice 0: a copy names the notice that it shows.
function address(copy, { id, post }) {
  for (const button of copy.querySelectorAll("button[name=act]"))
    button.value = button.value.replace(" 0 ", ` ${id} `);
  for (const link of copy.querySelectorAll("a[href]")) {
    const href = link.getAttribute("href");
    link.setAttribute("href", href.replace("/board/0", `/board/${id}`).replace("/p/0/", `/p/${post}/`));
  }
}

/** Lays what is known of a notice over what its element shows. */
export function draw(item, notice) {
  item.dataset.version = notice.version;
  if (notice.mine) own(item);
  if (notice.title !== undefined) item.querySelector("h3 a").textContent = notice.title;
  if (notice.html !== undefined) item.querySelector(".said").innerHTML = notice.html;
  if (notice.posted_at) {
    item.dataset.at = notice.posted_at;
    item.querySelector(".by time").dateTime = notice.posted_at;
  }
  if (notice.author !== undefined)
    showAuthor(item.querySelector(".from"), notice.author, groups, texts.anonymous);
  if (notice.column !== undefined) item.dataset.column = notice.column;
  if (notice.pinned !== undefined) item.dataset.pinned = notice.pinned ? 1 : 0;
  if (notice.expires_at) item.dataset.ends = notice.expires_at;
  else if (notice.expires_at === null) delete item.dataset.ends;
  if (notice.thanks !== undefined) thanks(item, notice.thanks, notice.my_thanks);
  if (notice.replies !== undefined) replies(item, notice.replies);
  state(item, notice.state);
  menu(item);
  localise(item);
  clip(item);
}

/** Shows how many are thankful, and whether one is oneself, if that is known. */
export function thanks(item, count, mine) {
  const place = item.querySelector(".thanks");
  item.dataset.thanks = count;
  place.querySelector("i").textContent = count ? number(count) : "";
  if (!place.matches("button")) place.hidden = !count;
  else if (mine !== undefined) {
    place.setAttribute("aria-pressed", String(mine));
    place.value = `thanks ${item.dataset.id} ${mine ? 0 : 1}`;
  }
}

/** Shows how many replies there are. */
export function replies(item, count) {
  item.dataset.replies = count;
  const link = item.querySelector(".replies");
  if (count && link) link.textContent = ngettext("%(num)s reply", "%(num)s replies", count);
}

/** Marks a text that does not fit: the rest is on the notice's own page. */
export function clip(item) {
  const said = item.querySelector(".clipped");
  said?.classList.toggle("long", said.scrollHeight > said.clientHeight + 4);
}

/** Whether the viewer keeps seeing a notice in this state. */
export function isShown(item, name) {
  return (
    name === "published" ||
    ((isHost || item?.dataset.mine !== undefined) && (name === "held" || name === "expired")) ||
    (item?.dataset.mine !== undefined && name === "declined")
  );
}

function own(item) {
  item.dataset.mine = "";
  item.querySelector("button.thanks")?.replaceWith(sample.querySelector("span.thanks").cloneNode(true));
}

function state(item, name) {
  const pinned = item.dataset.pinned === "1";
  item.className = `note ${name}${pinned ? " pinned" : ""}`;
  // Members who cannot see it yet can neither thank nor reply.
  for (const one of item.querySelectorAll("button.thanks, a.replies"))
    one.hidden = name !== "published" && !(name === "expired" && one.matches(".replies"));
  for (const one of item.querySelectorAll(".approval")) one.hidden = name !== "held";
  const marks = sample.querySelector(".marks").cloneNode(true);
  const ends = !["held", "declined", "expired"].includes(name) && item.dataset.ends;
  for (const mark of [...marks.children]) {
    const { mark: kind } = mark.dataset;
    if (kind === "until" ? !ends : kind === "pinned" ? !pinned : kind !== name) mark.remove();
  }
  const until = marks.querySelector("time");
  if (until) until.dateTime = ends;
  item.querySelector(".marks").replaceWith(marks);
}

// The available actions depend on the author and the state: the menu is copied anew from the sample, unless it is open.
function menu(item) {
  const place = item.querySelector(".menu");
  if (!place || place.parentElement.open) return;
  const copy = sample.querySelector(".menu").cloneNode(true);
  const isMine = item.dataset.mine !== undefined;
  if (!isHost && !isMine) copy.querySelector(".moves")?.remove();
  for (const one of [...copy.querySelectorAll("button, a, hr")])
    if (!(one.value ? isOffered(item, isMine, one.value) : one.matches(".flag") !== isMine)) one.remove();
  address(copy, item.dataset);
  place.replaceChildren(...copy.childNodes);
  place.parentElement.querySelector(".unseen bdi").textContent = item.querySelector("h3").textContent;
}

function isOffered(item, isMine, value) {
  const [word, , argument] = value.split(" ");
  const { pinned, column } = item.dataset;
  const isHeld = item.classList.contains("held");
  if (word === "pin") return isHost && !isHeld && argument !== pinned;
  if (word === "move") return argument !== column;
  if (word === "withdraw") return isMine;
  return (isHost || isMine) && !isHeld && (argument === "0") === item.classList.contains("expired");
}
