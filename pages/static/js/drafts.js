// Drafts: what is typed is kept in this browser until it is sent.

const who = document.body.dataset.viewer ?? "";
const nameOf = (form) => `draft:${who}:${form.dataset.draft}`;

/** Keeps the drafts of all forms that have a name for them. */
export function keepDrafts(root = document) {
  for (const form of root.querySelectorAll("form[data-draft]")) if (form.dataset.draft) keepDraft(form);
}

/** Brings a form's draft back, and keeps it from now on. */
export function keepDraft(form) {
  const text = form.elements.body;
  if (!text) return;
  const kept = read(nameOf(form));
  if (kept && !text.value.trim()) {
    text.value = kept;
    tell(form, "Your draft is back");
  }
  let timer;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => tell(form, write(nameOf(form), text.value) ? "Draft kept in this browser" : "Draft not kept: this browser keeps nothing"), 400);
  });
  form.addEventListener("submit", (submit) => {
    if (submit.submitter?.name === "preview") return;
    clearTimeout(timer);
    // By plain form the page comes back with the text if it is refused; by script `forget` is called when it was sent.
    if (!form.dataset.scripted) forget(form);
  });
}

/** The form was sent: its draft is no longer needed. */
export function forget(form) {
  write(nameOf(form), "");
  tell(form, "");
}

function tell(form, words) {
  const place = form.querySelector(".kept");
  if (place) place.textContent = words;
}

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name, text) {
  try {
    if (text.trim()) localStorage.setItem(name, text);
    else localStorage.removeItem(name);
    return true;
  } catch {
    return false;
  }
}
