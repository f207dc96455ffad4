// A post in the page: filled from a template that the server rendered, changed in place, put where it belongs.

import { showAuthor } from "../shell/people.js";
import { filled, ngettext, number, parts } from "../shell/texts.js";
import { localise, recentTime } from "../shell/times.js";

const list = document.querySelector("#posts");
const template = document.querySelector("#post-template");
const groups = JSON.parse(template?.dataset.groups ?? "{}");
// What a post looks like is defined once, by the server.
const words = JSON.parse(template?.dataset.words ?? "{}");
const texts = words.texts ?? {};
export const KINDS = words.kinds ?? {};
const { address, order, viewer, base } = document.body.dataset;

/** The article of a post, by its id. */
export function articleOf(id) {
  return list.querySelector(`.post[data-id="${id}"]`);
}

/** A new article for a post, with a note of what it answers if that does not stand directly above it. */
export function articleFor(post) {
  const article = template.content.firstElementChild.cloneNode(true);
  const depth = order === "tree" ? Math.min(post.depth - base, words.deepest) : 0;
  article.className = `post d${depth}`;
  article.id = `p${post.number}`;
  Object.assign(article.dataset, {
    id: post.id,
    number: post.number,
    parent: post.parent ?? "",
    depth: post.depth,
  });
  article.setAttribute("aria-labelledby", `b${post.number}`);
  article.querySelector(".by").id = `b${post.number}`;
  showAuthor(article.querySelector(".by"), post.author, groups, texts.anonymous);
  const at = article.querySelector(".at");
  at.href = `${address}/${post.number}#p${post.number}`;
  at.firstChild.data = `#${post.number} · `;
  at.querySelector("time").dateTime = post.posted_at;
  const own = viewer && String(post.author?.id) === viewer;
  for (const one of article.querySelectorAll(".can [href^='/p/'], .can button")) {
    if (one.href) one.href = one.getAttribute("href").replace("/p/0", `/p/${post.id}`);
    if (one.value) one.value = one.value.replace(/^0 /, `${post.id} `);
    if (one.name === "share" && !own) one.remove();
    if (one.name === "set" && own) one.remove();
    // Moderators correct the language of all posts.
    const othersOnly = "corrects" in one.dataset ? /\/(edit|withdraw)$/ : /\/(edit|withdraw|language)$/;
    if ((own ? /\/flag$/ : othersOnly).test(one.href ?? "")) one.remove();
  }
  article.querySelector(".menu > hr:first-child")?.remove();
  const more = article.querySelector(".more > summary");
  if (more) more.innerHTML = filled(texts.more_actions, { number: post.number });
  change(article, post);
  return article;
}

/** Brings an article to what its post says now. */
export function change(article, post) {
  const gone = post.html === null;
  // What came to the page as a tombstone has nothing that one could press: it is made anew.
  if (!gone && article.matches(".gone") && !article.querySelector(".can").children.length)
    return renew(article, post);
  article.dataset.version = post.version;
  article.classList.toggle("gone", gone);
  const said = article.querySelector(".said");
  const text = gone ? `<p>${words.gone[post.state] ?? texts.not_shown}</p>` : post.html;
  if (said.dataset.shown !== text && said.innerHTML !== text) said.innerHTML = text;
  said.dataset.shown = text;
  spoken(said, gone ? null : post.language);
  article.querySelector(".can").hidden = gone;
  edited(article, post.edited_at);
  held(article, gone ? "" : post.state);
  if (post.edited_at) withHistory(article, post.id);
  cited(article, post);
  shared(article, post);
  if (!gone) reactions(article, post.reactions, post.mine);
  localise(article);
}

// A text in another language than the page says so, for screen readers, fonts and hyphenation.
function spoken(said, language) {
  const own = document.documentElement.lang;
  if (language && language !== own && !own.startsWith(`${language}-`)) said.lang = language;
  else said.removeAttribute("lang");
}

function renew(article, post) {
  const fresh = articleFor(post);
  const answers = article.querySelector(".answers");
  if (answers) fresh.querySelector(".answers").replaceWith(answers);
  else fresh.querySelector(".answers").remove();
  article.replaceWith(fresh);
}

function edited(article, at) {
  let mark = article.querySelector(".edited");
  if (!at) return void mark?.remove();
  if (!mark) {
    mark = document.createElement("span");
    mark.className = "edited";
    mark.append(...parts(texts.edited, { time: recentTime(at) }));
    article.querySelector(".at").before(mark);
  }
  mark.querySelector("time").dateTime = at;
}

// Moderators go on seeing what is not published, and are told that others do not.
function held(article, state) {
  article.querySelector(".by .state.held")?.remove();
  const word = words.states[state];
  if (!word) return;
  article
    .querySelector(".at")
    .before(Object.assign(document.createElement("span"), { className: "state held", textContent: word }));
}

// What several may edit says so, and offers it.
function shared(article, post) {
  const mark = article.querySelector(".by .shared");
  const edit = article.querySelector(".act.edit");
  const own = viewer && String(post.author?.id) === viewer;
  const share = article.querySelector("[name=share]");
  if (share) {
    share.value = `${post.id} ${post.is_shared ? 0 : 1}`;
    share.textContent = post.is_shared ? texts.unshare : texts.share;
  }
  if (!post.is_shared) {
    mark?.remove();
    if (!own) edit?.remove();
    return;
  }
  if (!mark)
    article.querySelector(".at").before(
      Object.assign(document.createElement("span"), {
        className: "shared",
        textContent: texts.shared,
      }),
    );
  const menu = article.querySelector(".menu");
  if (!edit && viewer && menu)
    menu.append(
      Object.assign(document.createElement("a"), {
        className: "act edit",
        href: `/p/${post.id}/edit`,
        textContent: texts.edit,
      }),
    );
}

// Under a post that others refer to, a link leads to them.
function cited(article, post) {
  const shown = article.querySelector(".act.cited");
  if (!post.is_cited) return void shown?.remove();
  if (shown) return;
  const link = Object.assign(document.createElement("a"), {
    className: "act cited",
    href: `/p/${post.id}/citations`,
    textContent: texts.cited,
  });
  const reply = article.querySelector(".act.reply");
  if (reply) reply.after(link);
  else article.querySelector(".can").prepend(link);
}

// The menu leads to the history once there is one.
function withHistory(article, id) {
  const menu = article.querySelector(".menu");
  if (!menu || menu.querySelector("[href$='/history']")) return;
  const link = Object.assign(document.createElement("a"), {
    className: "act",
    href: `/p/${id}/history`,
    textContent: texts.history,
  });
  const first = menu.querySelector("a");
  if (first) first.before(link);
  else menu.append(...(menu.children.length ? [document.createElement("hr")] : []), link);
}

/** Shows how many reacted how; `mine`, if given, which of them are the viewer's own. */
export function reactions(article, counts, mine) {
  const can = article.querySelector(".can");
  const more = can.querySelector(".more");
  if (!can.querySelector("button[name=set]")) return counted(can, counts, more);
  const menu = more.querySelector(".menu");
  let after = null;
  for (const kind of Object.keys(KINDS)) {
    const button = [...can.querySelectorAll("button[name=set]")].find(
      (one) => one.value.split(" ")[1] === kind,
    );
    if (!button) continue;
    const count = counts[kind] ?? 0;
    if (mine) press(button, mine.includes(kind));
    label(button, kind, count);
    const had = button === document.activeElement;
    const inLine = count || words.first.includes(kind);
    if (inLine) more.before(button);
    else if (after) after.after(button);
    else menu.prepend(button);
    if (!inLine) after = button;
    if (had) button.focus({ preventScroll: true });
  }
}

// Without buttons, as for visitors and on one's own posts, only the counts are shown.
function counted(can, counts, more) {
  for (const old of can.querySelectorAll("span.act")) old.remove();
  for (const kind of Object.keys(KINDS)) {
    if (!counts[kind]) continue;
    const mark = document.createElement("span");
    mark.className = "act";
    label(mark, kind, counts[kind]);
    can.insertBefore(mark, more);
  }
}

/** Names a reaction, and how many reacted so. */
export function label(place, kind, count) {
  place.innerHTML = count ? `${KINDS[kind]} <i>${number(count)}</i>` : KINDS[kind];
}

/** Marks a reaction's button as pressed or not; its value is what pressing it would set. */
export function press(button, pressed) {
  const [id, kind] = button.value.split(" ");
  button.setAttribute("aria-pressed", String(pressed));
  button.value = `${id} ${kind} ${pressed ? 0 : 1}`;
}

/** The element after which a post belongs on this page; null if it belongs on another page. */
export function placeFor(post) {
  const all = [...list.querySelectorAll(".post")];
  if (order === "time") return "more" in document.body.dataset ? null : (all.at(-1) ?? null);
  if (post.parent === null)
    return "more" in document.body.dataset || "part" in document.body.dataset ? null : (all.at(-1) ?? null);
  const at = all.findIndex((one) => one.dataset.id === String(post.parent));
  if (at < 0) return null;
  const depth = Number(all[at].dataset.depth);
  let end = at;
  while (end + 1 < all.length && Number(all[end + 1].dataset.depth) > depth) end += 1;
  // The branch may go on past this page's end.
  return end + 1 === all.length && "more" in document.body.dataset ? null : all[end];
}

/** Puts a post's article after an element; one in a folded branch stays in it. */
export function put(post, after) {
  const article = articleFor(post);
  const parent = post.parent === null ? null : articleOf(post.parent);
  const branch = after.closest(".branch");
  if (branch && post.depth - base <= words.deepest) branch.after(article);
  else after.after(article);
  answers(article, parent, after);
  if (article.closest(".branch")) recount(article.closest(".branch"));
  article.classList.add("arrived");
  return article;
}

// What lies in a folded branch is not seen: its line says how many there are.
function recount(branch) {
  const count = branch.querySelectorAll(".post").length;
  branch.querySelector("summary").textContent = ngettext(
    "%(num)s more reply in this branch",
    "%(num)s more replies in this branch",
    count,
  );
}

function answers(article, parent, above) {
  const line = article.querySelector(".answers");
  if (!parent) return void line.remove();
  const link = line.querySelector("a");
  link.href = `#${parent.id}`;
  link.innerHTML = `#${parent.dataset.number} <bdi></bdi>`;
  link.querySelector("bdi").textContent = parent.querySelector(".who").textContent;
  line.classList.toggle("unseen", parent === above && order === "tree");
}
