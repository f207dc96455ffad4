// A topic that changes while it is read: replies arrive where they belong, and never above the reader's eye.

import "../shell/page.js";
import { LINE_DOWN, pill, say, unsay } from "../shell/api.js";
import { enter, listen } from "../shell/keys.js";
import { follow, reconcile, reread } from "../shell/live.js";
import { beside, goTo, inHand } from "../shell/steps.js";
import { gettext, ngettext } from "../shell/texts.js";
import { localise } from "../shell/times.js";
import { fold, foldable, reveal } from "./fold.js";
import { articleOf, change, placeFor, put } from "./posts.js";
import { showRelated } from "./related_topics.js";

const list = document.querySelector("#posts");
const { topic, address } = document.body.dataset;
const waiting = new Map();
let elsewhere = 0;

foldable();
const asked = list.querySelector(".post.here") ?? document.getElementById(location.hash.slice(1));
if (asked?.matches(".post")) {
  reveal(asked);
  asked.scrollIntoView({ block: "start", behavior: "instant" });
}

// The line of the topic is complete without its script, which comes with the first scroll, touch or focus.
const lineOfTopic = () => import("./topics/topic_map.js");
addEventListener("scroll", () => lineOfTopic().catch(() => {}), { once: true, passive: true });
for (const kind of ["pointerover", "focusin"])
  document.querySelector("#map").addEventListener(kind, () => lineOfTopic().catch(() => {}), { once: true });

follow({
  event(event) {
    if (event.type === "reply_posted") arrived(event.post);
    else if (event.post) changed(event.post);
    else if (event.type === "topic_changed") topicChanged(event.topic);
    else if (event.type === "topic_merged")
      setTimeout(() => location.replace(`/t/${topic}`), Math.random() * 700);
    else if (event.type.startsWith("posts_moved_")) moved(event.topic);
  },
  reset: anew,
  gone: leadOn,
});

// It may have been merged into another topic while the line was down. Where it cannot be read any more, its text stays.
async function leadOn() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const path = answer?.redirected ? new URL(answer.url).pathname : "";
  if (path.startsWith("/t/") && !path.startsWith(`/t/${topic}/`)) location.replace(answer.url);
}

async function anew() {
  const { page, stream } = await reread();
  document.querySelector(".topic-head").replaceWith(page.querySelector(".topic-head"));
  localise(document.querySelector(".topic-head"));
  reconcile(list, page.querySelector("#posts"));
  localise(list);
  foldable();
  return stream;
}

// What stands where is the server's to say. What the page shows then may be told again, and is known by its id.
async function moved(shown) {
  count(shown.posts - Number(document.querySelector("#count").dataset.count));
  await anew().catch(() => null);
}

function changed(post) {
  const article = articleOf(post.id);
  if (article) change(article, post);
  else if (waiting.has(post.id)) waiting.set(post.id, post);
}

function arrived(post, own = false) {
  // One's own post may come over the line before the answer does, and wait by then: now it need not wait any more.
  const known = waiting.delete(post.id);
  if (articleOf(post.id)) return articleOf(post.id);
  if (known) tellWaiting();
  else count(1);
  const after = placeFor(post);
  if (!after && !waiting.has(post.parent)) return void tellElsewhere(post, own);
  if (!own && (waiting.has(post.parent) || isAboveEye(after))) {
    waiting.set(post.id, post);
    return void tellWaiting();
  }
  const article = put(post, after);
  foldable();
  return article;
}

function count(more) {
  const shown = document.querySelector("#count");
  const posts = Number(shown.dataset.count) + more;
  shown.dataset.count = posts;
  shown.textContent = ngettext("%(num)s post", "%(num)s posts", posts);
}

// Above the eye: above the window's top, or above what the reader is writing or has under the finger.
function isAboveEye(after) {
  const edge = after.getBoundingClientRect().bottom;
  if (edge < 60) return true;
  const held = document.activeElement?.closest("form.composer, .post");
  return Boolean(held?.matches("form") && edge <= held.getBoundingClientRect().top + 1);
}

function tellWaiting() {
  const count = waiting.size;
  const said = count && ngettext("%(num)s new reply above", "%(num)s new replies above", count);
  pill("waiting", said, showWaiting);
}

function showWaiting() {
  let first = null;
  for (const post of waiting.values()) {
    const after = placeFor(post);
    if (after) first ??= put(post, after);
  }
  waiting.clear();
  foldable();
  if (first) {
    reveal(first);
    goTo(first);
  }
}

function tellElsewhere(post, own) {
  if (own) return void location.assign(`${address}/${post.number}#p${post.number}`);
  elsewhere += 1;
  const said = ngettext(
    "%(num)s new reply on another page",
    "%(num)s new replies on another page",
    elsewhere,
  );
  pill("elsewhere", said, () => location.assign(`${address}/${post.number}#p${post.number}`));
}

// In the language of the page, whose tag may say more than that of the title: `zh-Hans`, `zh`.
function titleOf({ title, titles }) {
  const tag = document.documentElement.lang;
  return titles[tag] || titles[tag.split("-")[0]] || title;
}

function topicChanged(shown) {
  document.querySelector("h1").textContent = titleOf(shown);
  document.body.classList.toggle("locked", shown.state !== "open");
  if (shown.state === "locked")
    say(gettext("This topic is now locked. You can read it, but you cannot reply."));
  else unsay();
  // All that is said of the topic: not everybody asks at once.
  setTimeout(() => anew().catch(() => null), Math.random() * 700);
}

// What it takes to write is loaded when somebody touches the page.
const composer = document.querySelector("#composer-template");
const own = document.querySelector("#reply form.composer");
let verbs;
const writing = () => {
  verbs ??= import("./writing.js").then(({ startWriting }) => startWriting(list, sent)).catch(() => null);
  return verbs;
};
if (composer)
  for (const kind of ["pointerdown", "keydown", "focusin", "dragenter", "selectionchange"])
    document.addEventListener(kind, writing, { once: true });
if (own) {
  // Its draft is kept until it was sent by script.
  own.dataset.scripted = "";
  own.addEventListener("submit", sendWhenLoaded);
}

// Sent before all is there, it waits.
async function sendWhenLoaded(submit) {
  if (own.dataset.scripted) return;
  submit.preventDefault();
  // Pressed again, as some buttons are heard when they are pressed.
  if (await writing()) return submit.submitter ? submit.submitter.click() : own.requestSubmit();
  verbs = undefined;
  say(LINE_DOWN, own);
}

function sent(post) {
  const article = arrived(post, true);
  if (!article) return;
  reveal(article);
  goTo(article);
}

async function write(deed, article) {
  if (!composer) return;
  const can = await writing();
  if (can) return can[deed](article);
  verbs = undefined;
  say(LINE_DOWN, article);
}

list.addEventListener("click", (click) => {
  if (click.ctrlKey || click.metaKey || click.shiftKey) return;
  const act = click.target.closest(".act");
  if (!act) return;
  if (act.matches("button[name=set]")) {
    click.preventDefault();
    import("./reactions.js").then(
      ({ react }) => react(act),
      () => say(LINE_DOWN, act.closest(".post")),
    );
  } else if (act.matches(".bookmark, .link")) {
    click.preventDefault();
    const menu = act.closest("details.more");
    menu?.removeAttribute("open");
    menu?.querySelector("summary").focus({ preventScroll: true });
    handle(act.matches(".link") ? "link" : "bookmark", act.closest(".post"));
  } else if (composer && act.matches(".reply, .quotes, .edit")) {
    click.preventDefault();
    act.closest("details.more")?.removeAttribute("open");
    const deed = act.matches(".reply") ? "reply" : act.matches(".edit") ? "edit" : "quote";
    write(deed, act.closest(".post"));
  }
});

// What a member keeps or hands on of a post is loaded when it is wanted.
function handle(what, article) {
  const act = article.querySelector(`.act.${what}`);
  if (!act) return;
  const done =
    what === "link"
      ? import("./topics/links.js").then(({ handOn }) => handOn(act))
      : import("./topics/bookmarks.js").then(({ bookmark }) => bookmark(article));
  done.catch(() => say(LINE_DOWN, article));
}

// The next post that is new; if this page has none, the first one wherever it is.
function nextUnread(post) {
  const all = [...list.querySelectorAll(".post")];
  const at = document.activeElement.closest(".post") ? all.indexOf(post) : -1;
  const next = all.slice(at + 1).find((one) => "new" in one.dataset);
  if (!next) return void document.querySelector("#since a:not([hidden])")?.click();
  reveal(next);
  goTo(next);
}

showRelated(topic, document.getElementById("related"));

const POST = ".post";
const post = () => inHand(list, POST);

listen({
  next: () => goTo(beside(list, POST, 1)),
  previous: () => goTo(beside(list, POST, -1)),
  next_unread: () => nextUnread(post()),
  parent: () => goTo(articleOf(post()?.dataset.parent)),
  open: () => post() && fold(post()),
  reply: () => post() && write("reply", post()),
  edit: () => post() && write("edit", post()),
  bookmark: () => post() && handle("bookmark", post()),
  write: () => enter(document.querySelector("#reply textarea")),
  first: () => lineOfTopic().then((line) => line.go("first")),
  last: () => lineOfTopic().then((line) => line.go("last")),
});
