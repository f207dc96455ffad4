// Writing in a topic without leaving it: the reply at the end of the page, and the same composer under the post it answers or
// in the one it edits. It is loaded when somebody touches the page, because most readers only read.

import { call, LINE_DOWN, newKey, say, words } from "../shell/api.js";
import { goTo } from "../shell/steps.js";
import { gettext, pgettext } from "../shell/texts.js";
import { sendByScript } from "./composer.js";
import { articleOf, change } from "./posts.js";
import { insert, offerQuotes, quote, wordsOf } from "./quotes.js";

const composer = document.querySelector("#composer-template");
const { topic } = document.body.dataset;

/**
 * Lets members write among the posts of `list`; `sent(post)` shows a new reply. Returns what can be done with a post: `reply`,
 * `quote` and `edit`, each with its article.
 */
export function startWriting(list, sent) {
  const own = document.querySelector("#reply form.composer");
  if (own) sendByScript(own, send(), sent);
  offerQuotes(list, (article, words) => reply(article, sent, quote(article, words)));
  return {
    reply: (article) => reply(article, sent),
    quote: (article) => reply(article, sent, quote(article, wordsOf(article))),
    edit: (article) => edit(article, sent),
  };
}

const send = (more) => (text, key) =>
  call("POST", `/topics/${topic}/posts`, { ...text, ...more }, { "Idempotency-Key": key });

function openComposer(article, { draft, verb, action, body = "" }, send, sent) {
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
  form.querySelector("[name=preview]").after(cancelButton(article, form));
  article.append(form);
  sendByScript(form, send, (data) => {
    form.remove();
    const shown = articleOf(data.id);
    if (!shown) return sent(data);
    change(shown, data);
    goTo(shown);
  });
  text.focus({ preventScroll: true });
  form.scrollIntoView({ block: "nearest" });
}

function cancelButton(article, form) {
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "button quiet";
  cancel.textContent = gettext("Cancel");
  cancel.onclick = () => {
    form.remove();
    goTo(article);
  };
  return cancel;
}

function reply(article, sent, quoted = "") {
  const id = article.dataset.id;
  if (!article.querySelector(".act.reply")) return;
  const open = article.querySelector(`form.composer[data-draft="reply:${id}"]`);
  if (open && quoted) return insert(open.elements.body, quoted);
  const shown = { draft: `reply:${id}`, verb: pgettext("verb", "Reply"), action: `/p/${id}/reply` };
  openComposer(article, shown, send({ parent: Number(id) }), sent);
  if (quoted) insert(article.querySelector("form.composer").elements.body, quoted);
}

async function edit(article, sent) {
  const id = article.dataset.id;
  if (!article.querySelector(".act.edit")) return;
  const answer = await call("GET", `/posts/${id}`).catch(() => null);
  if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN, article);
  const { version, body } = answer.data;
  openComposer(
    article,
    { draft: `edit:${id}`, verb: pgettext("verb", "Save"), action: `/p/${id}/edit`, body },
    async (text, key) => {
      const saved = await call("PATCH", `/posts/${id}`, text, {
        "If-Match": `"${version}"`,
        "Idempotency-Key": key,
      });
      return saved.status === 412 ? showBoth(article, version, text.body) : saved;
    },
    sent,
  );
}

// Both have changed the same lines: a page shows both texts.
function showBoth(article, version, body) {
  const form = article.querySelector("form.composer");
  form.append(
    Object.assign(document.createElement("input"), { type: "hidden", name: "version", value: version }),
  );
  form.elements.body.value = body;
  form.submit();
  return new Promise(() => {});
}
