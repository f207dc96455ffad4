// Asking: at once when the line is up; otherwise the question waits in sight and is sent when it is back.

import { call, newKey, say, unsay, words } from "../shell/api.js";
import { forget, keepDraft } from "../forum/drafts.js";

/** Makes the form ask by script; `asked(question)` gets what was taken. Returns what sends those that wait. */
export function asking(room, asked) {
  const form = document.querySelector("#ask");
  if (!form) return () => {};
  const name = `asks:${document.body.dataset.viewer}:${room}`;
  const list = document.querySelector("#questions");
  let queue = recall(name);
  let busy = false;
  form.dataset.scripted = "";
  keepDraft(form);
  queue.forEach(show);
  flush();
  setInterval(() => queue.length && flush(), 10000);

  form.addEventListener("submit", (submit) => {
    submit.preventDefault();
    const body = form.elements.body.value.trim();
    if (!body) return;
    const ask = { key: newKey(), body, anonymous: Boolean(form.elements.anonymous?.checked) };
    queue.push(ask);
    keep();
    show(ask);
    form.elements.body.value = "";
    forget(form);
    flush();
  });
  form.elements.body.addEventListener("keydown", (key) => {
    if (key.key === "Enter" && !key.shiftKey && !key.isComposing) {
      key.preventDefault();
      form.requestSubmit();
    }
  });
  return flush;

  async function flush() {
    if (busy) return;
    busy = true;
    while (queue.length) {
      const { key, body, anonymous } = queue[0];
      const answer = await call(
        "POST",
        `/rooms/${room}/questions`,
        { body, anonymous },
        { "Idempotency-Key": key },
      ).catch(() => null);
      if (!answer || answer.status === 503 || answer.status === 429) {
        mark(key, answer ? words(answer) : "Waiting to be sent. It goes as soon as the line is back.");
        break;
      }
      queue.shift();
      keep();
      document.getElementById(`ask-${key}`)?.remove();
      if (answer.ok) {
        unsay();
        asked(answer.data);
      } else {
        say(words(answer));
        if (!form.elements.body.value) form.elements.body.value = body;
      }
    }
    busy = false;
  }

  function show({ key, body }) {
    const item = document.createElement("li");
    item.id = `ask-${key}`;
    item.className = "asked waiting";
    item.innerHTML =
      '<span class="vote"></span><div class="what"><div class="said" dir="auto"><p></p></div><p class="by"><span class="state held">Being sent</span></p></div><div class="can"></div>';
    item.querySelector(".said p").textContent = body;
    list.prepend(item);
  }

  function mark(key, text) {
    const item = document.getElementById(`ask-${key}`);
    if (!item) return;
    item.querySelector(".state").textContent = text;
    if (item.querySelector("button")) return;
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "act",
      textContent: "Do not send",
    });
    button.onclick = () => {
      queue = queue.filter((ask) => ask.key !== key);
      keep();
      item.remove();
    };
    item.querySelector(".can").append(button);
  }

  function keep() {
    try {
      if (queue.length) sessionStorage.setItem(name, JSON.stringify(queue));
      else sessionStorage.removeItem(name);
    } catch {
      // A browser that keeps nothing keeps the questions as long as the page is open.
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
