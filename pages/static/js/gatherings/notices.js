// A notice in the page: filled from a template that the server rendered, and changed in place.

import { localise } from "../shell/times.js";

const template = document.querySelector("#note-template");
const groups = JSON.parse(template.dataset.groups);
const isHost = document.body.dataset.host !== undefined;

/** A new list element for a notice. */
export function elementFor(notice) {
  const item = template.content.firstElementChild.cloneNode(true);
  item.id = `n${notice.id}`;
  item.dataset.id = notice.id;
  item.dataset.post = notice.post;
  const old = /^(\w+) 0 /;
  for (const button of item.querySelectorAll("button[name=act]"))
    button.value = button.value.replace(old, `$1 ${notice.id} `);
  for (const link of item.querySelectorAll("a[href]")) {
    link.setAttribute(
      "href",
      link
        .getAttribute("href")
        .replace("/board/0", `/board/${notice.id}`)
        .replace("/p/0/", `/p/${notice.post}/`),
    );
  }
  draw(item, notice);
  return item;
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
  if (notice.author !== undefined) from(item.querySelector(".from"), notice.author);
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
  place.querySelector("i").textContent = count || "";
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
  if (count && link) link.textContent = `${count} ${count === 1 ? "reply" : "replies"}`;
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
  const button = item.querySelector("button.thanks");
  if (!button) return;
  const plain = document.createElement("span");
  plain.className = "act thanks";
  plain.append(...button.childNodes);
  button.replaceWith(plain);
}

function state(item, name) {
  const pinned = item.dataset.pinned === "1";
  item.className = `note ${name}${pinned ? " pinned" : ""}`;
  // Who cannot see it yet can neither thank nor answer.
  for (const one of item.querySelectorAll("button.thanks, a.replies"))
    one.hidden = name !== "published" && !(name === "expired" && one.matches(".replies"));
  for (const one of item.querySelectorAll(".approval")) one.hidden = name !== "held";
  const marks = item.querySelector(".marks");
  marks.replaceChildren();
  if (pinned) marks.append(mark("state new", "Pinned"));
  if (name === "held") marks.append(mark("state held", "Waiting for approval"));
  else if (name === "declined")
    marks.append(mark("state held", "Declined. Edit it to have it reviewed again."));
  else if (name === "expired") marks.append(mark("state locked", "Expired. Others cannot see it."));
  else if (item.dataset.ends) {
    const until = mark("until", "until ");
    until.append(Object.assign(document.createElement("time"), { dateTime: item.dataset.ends }));
    marks.append(until);
  }
}

function mark(look, text) {
  return Object.assign(document.createElement("span"), { className: look, textContent: text });
}

// What one may do with it depends on whose it is and where it stands: the menu is made anew, unless it is open.
function menu(item) {
  const place = item.querySelector(".menu");
  if (!place || place.parentElement.open) return;
  const { id, post, pinned, column } = item.dataset;
  const isMine = item.dataset.mine !== undefined;
  const made = [];
  if (isHost && !item.classList.contains("held"))
    made.push(act(`pin ${id} ${pinned === "1" ? 0 : 1}`, pinned === "1" ? "Unpin" : "Pin to the top"));
  if (isHost || isMine) {
    for (const tab of document.querySelectorAll("[data-tab]")) {
      if (tab.dataset.tab !== column)
        made.push(act(`move ${id} ${tab.dataset.tab}`, `Move to ${tab.querySelector("span").textContent}`));
    }
    const isOver = item.classList.contains("expired");
    if (!item.classList.contains("held"))
      made.push(act(`end ${id} ${isOver ? 0 : 1}`, isOver ? "Show it again" : "Take it down now"));
  }
  const base = `/r/${document.body.dataset.room}/board/${id}`;
  if (isMine)
    made.push(
      document.createElement("hr"),
      link(`${base}/edit`, "Edit"),
      act(`withdraw ${id} 1`, "Withdraw"),
    );
  else made.push(link(`/p/${post}/flag`, "Report to moderators"));
  place.replaceChildren(...made);
  place.parentElement.querySelector(".unseen").textContent = ` for ${item.querySelector("h3").textContent}`;
}

function act(value, text) {
  const button = Object.assign(document.createElement("button"), {
    className: "act",
    name: "act",
    value,
    textContent: text,
  });
  button.setAttribute("form", "act");
  return button;
}

function link(href, text) {
  return Object.assign(document.createElement("a"), { className: "act", href, textContent: text });
}

function from(place, who) {
  place.replaceChildren();
  const name = document.createElement(who ? "a" : "span");
  name.className = who ? "who" : "who nobody";
  if (who) {
    name.href = `/m/${who.handle}`;
    name.append(Object.assign(document.createElement("bdi"), { textContent: who.display_name }));
  } else name.textContent = "Anonymous";
  place.append(name);
  if (who?.group) place.append(mark("group", groups[who.group] ?? who.group));
}
