// Drafts: what is typed is kept in this browser at once, and on the server a moment later, until it is sent. Another window's
// change of the same draft is never written over: then there are two, and both are kept.

import { call, newKey } from "../shell/api.js";
import { gettext, parts } from "../shell/texts.js";

const who = document.body.dataset.viewer ?? "";
// What the server keeps too, by the draft's name; the others stay in this browser.
const SERVED = /^(topic|reply|edit|new):/;
const OWNER = newKey();
const PAUSE = 1200;
const FIELDS = ["title", "tags", "kind", "language"];

const nameOf = (form) => `draft:${who}:${form.dataset.draft}`;

/** Keeps the drafts of all forms that have a name for them. */
export function keepDrafts(root = document) {
  for (const form of root.querySelectorAll("form[data-draft]")) if (form.dataset.draft) keepDraft(form);
}

/** Brings a form's draft back, and keeps it from now on. */
export function keepDraft(form) {
  const text = form.elements.body;
  if (!text || form.kept) return;
  form.querySelector("[name=keep]")?.remove();
  const kept = recall(form);
  const isServed = who && SERVED.test(form.dataset.draft);
  if (kept && !text.value.trim()) {
    text.value = kept.text;
    tell(form, gettext("Your draft was restored."));
  }
  form.kept = isServed ? new Served(form, text.value === kept?.text ? kept : null) : null;
  form.addEventListener("input", () => {
    clearTimeout(form.keeping);
    form.keeping = setTimeout(() => {
      const here = keepHere(form);
      if (!form.kept?.isSaved)
        tell(
          form,
          here
            ? gettext("Draft saved in this browser")
            : gettext("Draft not saved: this browser does not store data"),
        );
    }, 400);
    form.kept?.changed();
  });
  form.addEventListener("submit", (submit) => {
    if (["preview", "attach"].includes(submit.submitter?.name)) return;
    // By plain form the page comes back with the text if it is refused; by script `forget` is called when it was sent.
    if (!("scripted" in form.dataset)) return forget(form);
    keepHere(form);
    form.kept?.stop();
  });
}

/** What a form writes, as the service knows drafts: where it will stand. */
export const placeOf = (form) => (SERVED.test(form.dataset.draft) ? form.dataset.draft : null);

/** The name under which the server keeps a form's draft: it goes along when the form is sent, and ends with that. */
export const draftOf = (form) => form.kept?.key ?? null;

/** Sending has ended, which had stopped the saving of the draft: what is not sent is saved on. */
export function keepOn(form) {
  form.kept?.changed();
}

/** The form was sent: its draft is no longer needed. */
export function forget(form) {
  clearTimeout(form.keeping);
  write(nameOf(form), "");
  tell(form, "");
  form.kept?.ended();
}

// A draft as this window knows it: the number of the last change it has seen, and what of it is saved.
class Served {
  constructor(form, kept) {
    this.form = form;
    const { body } = form.elements;
    // On a slow phone somebody may have typed before this script came: then the field is not as the page brought it.
    this.start(kept, !kept && body.value !== body.defaultValue);
    addEventListener("online", () => this.save());
    // What was typed last is not lost with the window.
    document.addEventListener("visibilitychange", () => document.hidden && this.save(true));
  }

  start(kept, isTouched = false) {
    this.key = kept?.key ?? this.form.dataset.draft;
    this.first = isTouched ? "" : this.shown();
    this.saved = null;
    this.begin(kept);
  }

  shown() {
    const { elements } = this.form;
    const facts = { body: elements.body.value };
    for (const name of FIELDS) if (elements[name]) facts[name] = elements[name].value;
    return JSON.stringify(facts);
  }

  /** Makes a change of the form that nobody typed: it is no reason to save a draft. */
  unwritten(change) {
    const before = this.shown();
    change();
    for (const name of ["first", "saved"]) if (this[name] === before) this[name] = this.shown();
  }

  get isSaved() {
    return this.saved === this.shown();
  }

  // What the server has comes into a field that nobody has touched. What was typed here and never saved goes on from the
  // change that this browser saw last, so that the server knows whether another window was there meanwhile.
  async begin(kept) {
    const answer = await call("GET", `/drafts/${this.key}`).catch(() => null);
    this.unasked = !answer?.ok;
    if (this.unasked) return;
    const theirs = answer.data;
    this.sequence = theirs.sequence;
    if (kept && !kept.saved) {
      this.sequence = kept.sequence ?? 0;
      this.saved = theirs.body === kept.text ? this.shown() : "";
      if (this.saved) this.sequence = theirs.sequence;
      else this.changed();
    } else if (this.shown() !== this.first) {
      // Typed while we asked: upon what the page brought, or upon nothing.
      const { value, defaultValue } = this.form.elements.body;
      if (theirs.body && ![value, defaultValue].includes(theirs.body)) this.sequence = 0;
      this.saved = "";
      this.changed();
    } else if (theirs.body || (kept && theirs.sequence !== kept.sequence)) {
      this.fill(theirs);
    } else {
      this.saved = this.first;
    }
  }

  fill(theirs) {
    const { elements } = this.form;
    elements.body.value = theirs.body;
    for (const name of FIELDS) if (elements[name] && theirs[name]) elements[name].value = theirs[name];
    this.saved = this.shown();
    keepHere(this.form);
    tell(this.form, theirs.body ? gettext("Your draft was restored.") : "");
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  stop() {
    clearTimeout(this.timer);
  }

  ended() {
    this.stop();
    this.start(null);
  }

  async save(last = false) {
    clearTimeout(this.timer);
    if (this.unasked) return this.begin(recall(this.form));
    const shown = this.shown();
    if (this.isBusy || this.saved === null || shown === this.saved) return;
    this.isBusy = true;
    const facts = { ...JSON.parse(shown), sequence: this.sequence, owner: OWNER };
    const answer = await call("PUT", `/drafts/${this.key}`, facts, {}, last).catch(() => null);
    this.isBusy = false;
    if (this.saved === null) return; // it was sent meanwhile
    if (!answer) {
      this.timer = setTimeout(() => this.save(), 10000);
      return tell(this.form, gettext("You are offline. The draft is saved in this browser."));
    }
    if (answer.status === 409) return this.over(answer.data.detail);
    if (!answer.ok) {
      if (answer.status >= 429) this.timer = setTimeout(() => this.save(), 10000);
      const told = gettext("The draft is saved only in this browser.");
      return tell(this.form, `${told} ${answer.data?.detail ?? ""}`);
    }
    const isFork = answer.data.key !== this.key;
    Object.assign(this, { key: answer.data.key, sequence: answer.data.sequence, saved: shown });
    if (this.form.elements.draft) this.form.elements.draft.value = this.key;
    keepHere(this.form);
    if (isFork) tellOfBoth(this.form);
    else if (!this.form.querySelector(".kept a")) tell(this.form, gettext("Draft saved"));
    if (this.shown() !== shown) this.changed();
  }

  // Posted or thrown away elsewhere: it does not come back by itself, but what stands here is not taken away either.
  over(words) {
    tell(this.form, `${words} `);
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "act",
      textContent: gettext("Keep this as a new draft"),
    });
    button.addEventListener("click", async () => {
      const answer = await call("GET", `/drafts/${this.key}`).catch(() => null);
      if (!answer?.ok) return tell(this.form, gettext("You are offline."));
      Object.assign(this, { sequence: answer.data.sequence, saved: "" });
      this.save();
    });
    this.form.querySelector(".kept")?.append(button);
  }
}

function tell(form, words) {
  const place = form.querySelector(".kept");
  if (place) place.textContent = words;
}

function tellOfBoth(form) {
  const drafts = Object.assign(document.createElement("a"), { href: "/drafts" });
  // NOTE: The text of the link in "This draft was also changed in another window."
  drafts.textContent = gettext("drafts");
  // NOTE: %(drafts)s is a link with the text "drafts".
  const said = gettext(
    "This draft was also changed in another window. Both versions are among your %(drafts)s.",
  );
  form.querySelector(".kept")?.replaceChildren(...parts(said, { drafts }));
}

// Here the text is kept with what the server knows of it: under which name, up to which change, and whether this is saved.
function keepHere(form) {
  const text = form.elements.body.value;
  const { key, sequence, isSaved } = form.kept ?? {};
  return write(nameOf(form), text.trim() && JSON.stringify({ text, key, sequence, saved: isSaved }));
}

function recall(form) {
  try {
    return JSON.parse(localStorage.getItem(nameOf(form)) || "null");
  } catch {
    return null;
  }
}

function write(name, text) {
  try {
    if (text) localStorage.setItem(name, text);
    else localStorage.removeItem(name);
    return true;
  } catch {
    return false;
  }
}
