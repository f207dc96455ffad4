// A topic that changes while it is read: replies arrive where they belong, and never above the reader's eye.

import "../shell/page.js";
import { call, LINE_DOWN, newKey, pill, say, unsay, words } from "../shell/api.js";
import { listen } from "../shell/keys.js";
import { follow, reconcile, reread } from "../shell/live.js";
import { beside, goTo, inHand } from "../shell/steps.js";
import { gettext, ngettext, pgettext } from "../shell/texts.js";
import { localise } from "../shell/times.js";
import { sendByScript } from "./composer.js";
import { fold, foldable, reveal } from "./fold.js";
import { articleOf, change, placeFor, put } from "./posts.js";
import { insert, offerQuotes, quote, wordsOf } from "./quotes.js";
import { react } from "./reactions.js";
import { keepReading } from "./read_state.js";
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

keepReading(list);
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
});

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

// Writing in place: the same composer as at the end of the page, under the post it answers.
const composer = document.querySelector("#composer-template");
const own = document.querySelector("#reply form.composer");
if (own)
  sendByScript(
    own,
    (text, key) => call("POST", `/topics/${topic}/posts`, text, { "Idempotency-Key": key }),
    sent,
  );

function sent(post) {
  const article = arrived(post, true);
  if (!article) return;
  reveal(article);
  goTo(article);
}

function openComposer(article, { draft, verb, action, body = "" }, send) {
  article.querySelector("form.composer")?.remove();
  const form = composer.content.firstElementChild.cloneNode(true);
  form.dataset.draft = draft;
  form.elements.draft.value = draft;
  form.action = action;
  form.elements.key.value = newKey();
  form.querySelector(".first").textContent = verb;
  const text = form.elements.body;
  for (const part of form.querySelectorAll("[id]")) part.id += article.dataset.id;
  for (const label of form.querySelectorAll("[for]")) label.htmlFor += article.dataset.id;
  text.setAttribute("aria-describedby", text.getAttribute("aria-describedby") + article.dataset.id);
  text.value = body;
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "button quiet";
  cancel.textContent = gettext("Cancel");
  cancel.onclick = () => {
    form.remove();
    goTo(article);
  };
  form.querySelector("[name=preview]").after(cancel);
  article.append(form);
  sendByScript(form, send, (data) => {
    form.remove();
    if (articleOf(data.id)) {
      change(articleOf(data.id), data);
      goTo(articleOf(data.id));
    } else sent(data);
  });
  text.focus({ preventScroll: true });
  form.scrollIntoView({ block: "nearest" });
}

function reply(article, quoted = "") {
  const id = article.dataset.id;
  if (!composer || !article.querySelector(".act.reply")) return;
  const open = article.querySelector(`form.composer[data-draft="reply:${id}"]`);
  if (open && quoted) return insert(open.elements.body, quoted);
  openComposer(
    article,
    { draft: `reply:${id}`, verb: pgettext("verb", "Reply"), action: `/p/${id}/reply` },
    (text, key) =>
      call("POST", `/topics/${topic}/posts`, { ...text, parent: Number(id) }, { "Idempotency-Key": key }),
  );
  if (quoted) insert(article.querySelector("form.composer").elements.body, quoted);
}

if (composer) offerQuotes(list, (article, words) => reply(article, quote(article, words)));

async function edit(article) {
  const id = article.dataset.id;
  if (!composer || !article.querySelector(".act.edit")) return;
  const answer = await call("GET", `/posts/${id}`).catch(() => null);
  if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN, article);
  const version = answer.data.version;
  const clash = async (saved, body) => {
    if (saved.status !== 412) return saved;
    // Both have changed the same lines: a page shows both texts.
    const form = article.querySelector("form.composer");
    form.append(
      Object.assign(document.createElement("input"), { type: "hidden", name: "version", value: version }),
    );
    form.elements.body.value = body;
    form.submit();
    return new Promise(() => {});
  };
  openComposer(
    article,
    { draft: `edit:${id}`, verb: pgettext("verb", "Save"), action: `/p/${id}/edit`, body: answer.data.body },
    async (text, key) =>
      clash(
        await call("PATCH", `/posts/${id}`, text, { "If-Match": `"${version}"`, "Idempotency-Key": key }),
        text.body,
      ),
  );
}

list.addEventListener("click", (click) => {
  if (click.ctrlKey || click.metaKey || click.shiftKey) return;
  const act = click.target.closest(".act");
  if (!act) return;
  const article = act.closest(".post");
  const does = {
    reply: () => reply(article),
    quotes: () => reply(article, quote(article, wordsOf(article))),
    edit: () => edit(article),
  };
  if (act.matches("button[name=set]")) {
    click.preventDefault();
    react(act);
  } else if (composer && act.matches(".reply, .quotes, .edit")) {
    click.preventDefault();
    act.closest("details.more")?.removeAttribute("open");
    does[Object.keys(does).find((name) => act.classList.contains(name))]();
  }
});

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
  reply: () => post() && reply(post()),
  edit: () => post() && edit(post()),
});
