// The composer: previews, sending without leaving the page, saying what happened. Its form works without all this.

import { call, LINE_DOWN, newKey, say, unsay, words } from "../shell/api.js";
import { actionOf, isOff } from "../shell/keys.js";
import { clearRefused, showRefused } from "../shell/refused.js";
import { gettext, listed, parts, pgettext } from "../shell/texts.js";
import { offerFiles } from "./attachments.js";
import { draftOf, forget, keepDraft, keepOn, placeOf } from "./drafts.js";
import { offerNames } from "./mention_menu.js";
import { languageOf, rememberLanguage } from "./text_language.js";

/** Shows previews in place, and offers whom one may name. */
export function preview(form) {
  offerNames(form.elements.body);
  form.elements.body.addEventListener("keydown", (key) => {
    if (actionOf(key) !== "find" || isOff()) return;
    key.preventDefault();
    makeLink(form.elements.body);
  });
  offerFiles(form);
  rememberLanguage(form);
  form.querySelector("[name=preview]")?.addEventListener("click", async (click) => {
    const body = form.elements.body.value;
    if (!body.trim()) return;
    click.preventDefault();
    const answer = await call("POST", "/previews", { body, draft: placeOf(form) }).catch(() => null);
    if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN, form);
    unsay(form);
    show(form, answer.data);
  });
}

// Makes a link of what is selected, and selects what is still to be written: the address, or the words if there are none.
function makeLink(field) {
  const { selectionStart: from, selectionEnd: to, value } = field;
  const chosen = value.slice(from, to);
  const isAddress = /^https?:\/\/\S+$/.test(chosen);
  field.setRangeText(isAddress ? `[](${chosen})` : `[${chosen}](https://)`, from, to, "start");
  if (isAddress || !chosen) field.setSelectionRange(from + 1, from + 1);
  else field.setSelectionRange(to + 3, to + 3 + "https://".length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function show(form, { html, told, not_told, too_many }) {
  let place = form.querySelector(".preview");
  if (!place) {
    place = document.createElement("div");
    place.className = "preview";
    place.setAttribute("role", "status");
    place.innerHTML = '<h3></h3><div class="said" dir="auto"></div>';
    place.querySelector("h3").textContent = pgettext("noun", "Preview");
    form.querySelector(".foot-line").before(place);
  }
  place.querySelector(".said").innerHTML = html;
  for (const line of place.querySelectorAll(".told")) line.remove();
  line(
    place,
    gettext("Will be notified, unless they have muted the topic: %(names)s."),
    told.map((one) => one.display_name),
  );
  line(
    place,
    gettext("Will not be notified, because no member who can read this has the handle: %(names)s."),
    not_told.map((one) => `@${one}`),
  );
  line(
    place,
    gettext("Will not be notified, because you mention too many members: %(names)s."),
    too_many.map((one) => `@${one}`),
  );
}

function line(place, what, names) {
  if (!names.length) return;
  const said = document.createElement("p");
  said.className = "told";
  const named = names.map((name) => Object.assign(document.createElement("bdi"), { textContent: name }));
  said.append(...parts(what, { names: listed(named) }));
  place.append(said);
}

/**
 * Sends a form by `send(text, key)`, where `text` has the fields body, draft and language; it returns the answer. When that
 * was taken, `done(data)` is called.
 */
export function sendByScript(form, send, done) {
  form.dataset.scripted = "1";
  preview(form);
  keepDraft(form);
  form.addEventListener("submit", async (submit) => {
    if (submit.submitter?.name === "preview") return;
    submit.preventDefault();
    const button = form.querySelector(".first");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      const text = { body: form.elements.body.value, draft: draftOf(form), language: languageOf(form) };
      const answer = await send(text, form.elements.key.value);
      if (answer.status === 401)
        return say(gettext("Your session has ended. Your text is kept: sign in again."), form);
      if (!answer.ok) return showRefused(form, answer);
      clearRefused(form);
      form.elements.body.value = "";
      forget(form);
      form.dispatchEvent(new Event("sent"));
      form.elements.key.value = newKey();
      form.querySelector(".preview")?.remove();
      // A rule holds it: where it waits, all that can be done with it is there.
      if (answer.status === 202 || answer.data?.held_edit)
        return void location.assign(`/held/${answer.data.id}`);
      done(answer.data);
    } catch {
      // The same key goes with the next try: if this one had arrived after all, nothing happens twice.
      say(
        gettext("Not sent: you are offline. Your text is saved. Send it again when you are back online."),
        form,
      );
    } finally {
      keepOn(form);
      button.removeAttribute("aria-disabled");
    }
  });
  form.elements.body.addEventListener("keydown", (key) => {
    if (actionOf(key) === "send") form.requestSubmit(form.querySelector(".first"));
  });
}
