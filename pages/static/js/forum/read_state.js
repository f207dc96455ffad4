// What is read: posts whose end came into view are told to the service, a few at a time; what is read on another device is
// heard of over the member's line.

import { call } from "../shell/api.js";
import { gettext, ngettext } from "../shell/texts.js";

const { topic, viewer, read } = document.body.dataset;
// So long in view, so long collected, so long without a sign of the reader (ms).
const LONG_ENOUGH = 800;
const TOGETHER = 2500;
const AWAY = 30000;

const settling = new Map();
const seen = new Set();
const done = new Set();
let flushing = null;
let seconds = 0;
let active = 0;

/** Watches the posts of a list, those also that arrive. */
export function keepReading(list) {
  if (!viewer || !topic) return;
  const eye = new IntersectionObserver((entries) => entries.forEach(look));
  const watch = () => {
    for (const end of list.querySelectorAll(".post > .can")) eye.observe(end);
  };
  if (read)
    for (const post of list.querySelectorAll(".post:not([data-new])")) done.add(Number(post.dataset.number));
  watch();
  new MutationObserver(watch).observe(list, { childList: true, subtree: true });
  for (const sign of ["scroll", "pointermove", "keydown"])
    addEventListener(
      sign,
      () => {
        active = Date.now();
      },
      { passive: true },
    );
  active = Date.now();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => document.hidden && flush(true));
  addEventListener("told", ({ detail: frame }) => {
    if (frame.event?.reading?.topic === Number(topic)) tell(frame.event.reading);
  });
}

function look({ target, isIntersecting }) {
  const number = Number(target.closest(".post")?.dataset.number);
  if (!isIntersecting) {
    clearTimeout(settling.get(number));
    settling.delete(number);
  } else if (number && !done.has(number) && !settling.has(number)) {
    settling.set(
      number,
      setTimeout(() => note(number), LONG_ENOUGH),
    );
  }
}

function note(number) {
  settling.delete(number);
  if (document.hidden) return;
  done.add(number);
  seen.add(number);
  flushing ??= setTimeout(flush, TOGETHER);
}

function tick() {
  if (document.hidden || Date.now() - active > AWAY) return;
  seconds += 1;
  if (seconds >= 60) flush();
}

async function flush(leaving = false) {
  clearTimeout(flushing);
  flushing = null;
  // What else happened since one was here was told, and is not told again.
  const told = leaving && document.querySelector("#changed");
  if (!seen.size && seconds < 60 && !told) return;
  const said = { posts: [...seen].slice(0, 500), seconds: Math.min(told ? seconds + 1 : seconds, 600) };
  seen.clear();
  seconds = 0;
  if (leaving) {
    const headers = { "Content-Type": "application/json" };
    return void fetch(`/api/v1/topics/${topic}/reading`, {
      method: "PUT",
      body: JSON.stringify(said),
      headers,
      keepalive: true,
    });
  }
  const answer = await call("PUT", `/topics/${topic}/reading`, said).catch(() => null);
  if (answer?.ok) tell(answer.data);
  // Offline: it is sent together with the posts that are read next.
  else if (!answer || answer.status >= 500) for (const number of said.posts) seen.add(number);
}

function tell(reading) {
  const place = document.querySelector("#since");
  if (!place) return;
  place.querySelector(".state").textContent = unreadIn(reading.unread);
  place.querySelector(".state").className = reading.unread ? "state new" : "state done";
  place.querySelector("form").hidden = !reading.unread;
  for (const first of document.querySelectorAll("#since a, [data-way=unread]")) {
    first.hidden = !reading.unread;
    if (reading.first_unread)
      first.href = `${document.body.dataset.address}/${reading.first_unread}#p${reading.first_unread}`;
  }
}

function unreadIn(count) {
  if (!count) return gettext("All read");
  if (count >= 100) return gettext("100 or more new");
  // NOTE: So many posts of a topic are new.
  return ngettext("%(num)s new", "%(num)s new", count);
}
