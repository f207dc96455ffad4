// Asking a question: immediately when online; otherwise the question stays visible and is sent when the connection is back.

import { forget, keepDraft } from "../forum/drafts.js";
import { call, newKey, say, unsay, words } from "../shell/api.js";
import { actionOf } from "../shell/keys.js";
import { gettext } from "../shell/texts.js";

const RETRY = 10000;

/** Makes the form ask by script; `asked(question)` gets each accepted question. Returns a function that sends what waits. */
export function asking(room, asked) {
  const form = document.querySelector("#ask");
  if (!form) return () => {};
  const outbox = new Outbox(form, room, asked);
  form.dataset.scripted = "";
  keepDraft(form);
  outbox.begin();
  form.addEventListener("submit", (submit) => {
    submit.preventDefault();
    outbox.add();
  });
  form.elements.body.addEventListener("keydown", (key) => {
    if (actionOf(key) === "confirm") {
      key.preventDefault();
      form.requestSubmit();
    }
  });
  return () => outbox.flush();
}

/** Questions that are not sent yet, in this tab, in the order in which they were asked. */
class Outbox {
  constructor(form, room, asked) {
    Object.assign(this, { form, room, asked, isBusy: false });
    this.name = `asks:${document.body.dataset.viewer}:${room}`;
    this.list = document.querySelector("#questions");
    this.queue = recall(this.name);
  }

  begin() {
    for (const ask of this.queue) this.show(ask);
    this.flush();
    setInterval(() => this.queue.length && this.flush(), RETRY);
  }

  add() {
    const { elements } = this.form;
    const body = elements.body.value.trim();
    if (!body) return;
    const ask = { key: newKey(), body, anonymous: Boolean(elements.anonymous?.checked) };
    this.queue.push(ask);
    this.keep();
    this.show(ask);
    elements.body.value = "";
    forget(this.form);
    this.flush();
  }

  async flush() {
    if (this.isBusy) return;
    this.isBusy = true;
    let isSent = true;
    while (this.queue.length && isSent) isSent = await this.sendFirst();
    this.isBusy = false;
  }

  // Sends the first question; false if it has to wait.
  async sendFirst() {
    const { key, body, anonymous } = this.queue[0];
    const answer = await call(
      "POST",
      `/rooms/${this.room}/questions`,
      { body, anonymous },
      { "Idempotency-Key": key },
    ).catch(() => null);
    if (!answer || answer.status === 503 || answer.status === 429) {
      this.mark(key, answer ? words(answer) : gettext("Will be sent when you are back online"));
      return false;
    }
    this.queue.shift();
    this.keep();
    document.getElementById(`ask-${key}`)?.remove();
    if (answer.ok) {
      unsay();
      this.asked(answer.data);
    } else {
      say(words(answer));
      if (!this.form.elements.body.value) this.form.elements.body.value = body;
    }
    return true;
  }

  show({ key, body }) {
    const item = document.createElement("li");
    item.id = `ask-${key}`;
    item.className = "asked waiting";
    item.innerHTML =
      '<span class="vote"></span><div class="what"><div class="said" dir="auto"><p></p></div><p class="by"><span class="state held"></span></p></div><div class="can"></div>';
    item.querySelector(".state").textContent = gettext("Being sent");
    item.querySelector(".said p").textContent = body;
    this.list.prepend(item);
  }

  mark(key, text) {
    const item = document.getElementById(`ask-${key}`);
    if (!item) return;
    item.querySelector(".state").textContent = text;
    if (item.querySelector("button")) return;
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "act",
      textContent: gettext("Cancel"),
    });
    button.onclick = () => {
      this.queue = this.queue.filter((ask) => ask.key !== key);
      this.keep();
      item.remove();
    };
    item.querySelector(".can").append(button);
  }

  keep() {
    try {
      if (this.queue.length) sessionStorage.setItem(this.name, JSON.stringify(this.queue));
      else sessionStorage.removeItem(this.name);
    } catch {
      // Without storage the questions are kept as long as the page is open.
    }
  }
}

function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "[]");
  } catch {
    return [];
  }
}
