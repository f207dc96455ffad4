// The live line: one socket per page that hears what happens, catches up after a break, and says when it cannot.

import { gettext, pgettext } from "./texts.js";
import { recent } from "./times.js";

const WAITS = [500, 1000, 2000, 4000, 8000, 15000];
const QUIET = 20000;
// What a join is refused with where one may not listen; anything else is tried again.
const CLOSED = ["not_found", "denied"];
const OWN = document.body.dataset.viewer ? `member:${document.body.dataset.viewer}` : null;

/**
 * Follows the channel the page was rendered from, and the one that `data-also` names beside it, or all of `data-streams`. `heard.event(event)`
 * gets each thing that happened once and in order, `heard.signal(signal)` passing facts, `heard.reset()` re-reads the
 * page and returns where it stands now: one stream, or all of them. `heard.gone()` is called when it may not be followed any more.
 */
export function follow(heard) {
  const body = document.body;
  if (!body.dataset.live && !body.dataset.streams) return null;
  line = new Line(streamsOf(body), heard);
  return line;
}

/** Follows the member's own channel alone, on a page that follows nothing else. */
export function followOwn() {
  line = new Line([], {});
}

let line = null;

/** Whether this page is followed no more, for good. */
export const isOver = () => line?.isOver ?? false;

/** Takes the whole page anew, not everybody at once; who may not see it any more keeps it, with words that say so. */
export function revisit() {
  setTimeout(() => isOver() || location.reload(), 300 + Math.random() * 700);
}

function streamsOf(body) {
  const { live, epoch, seq, also, alsoSeq, streams: several } = body.dataset;
  if (several) return JSON.parse(several);
  const streams = [{ channel: live, epoch, seq: Number(seq) }];
  if (also) streams.push({ channel: also, epoch, seq: Number(alsoSeq) });
  return streams;
}

class Line {
  constructor(streams, heard) {
    this.streams = streams;
    this.heard = heard;
    this.tries = 0;
    this.since = null;
    this.isOver = false;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.timer = null;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
    this.socket = socket;
    socket.onopen = () => this.join();
    socket.onmessage = (message) => socket === this.socket && this.take(JSON.parse(message.data));
    socket.onclose = (closed) => socket === this.socket && this.lost(closed.code);
    this.listen();
  }

  join() {
    for (const { channel, epoch, seq } of this.streams)
      this.socket.send(JSON.stringify({ type: "join", channel, epoch, after: seq }));
    // The member's own channel comes along on the same line: it says when the inbox has changed.
    if (OWN && this.streams.every((one) => one.channel !== OWN))
      this.socket.send(JSON.stringify({ type: "join", channel: OWN }));
  }

  // Silence is asked about; no answer means that the line is dead although nobody has told us.
  listen() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send('{"type":"ping"}');
      this.watch = setTimeout(() => this.drop(), QUIET / 2);
    }, QUIET);
  }

  drop() {
    const socket = this.socket;
    socket.onclose = null;
    socket.close();
    this.lost(0);
  }

  async take(frame) {
    if (this.isOver) return;
    this.listen();
    if (frame.type === "pong") return;
    if (frame.channel === OWN && (frame.type === "joined" || frame.type === "event"))
      dispatchEvent(new CustomEvent("told", { detail: frame }));
    const stream = this.streams.find((one) => one.channel === frame.channel);
    if (!stream && !this.streams.length && frame.type === "joined") this.found();
    if (!stream) return;
    if (frame.type === "event") this.event(stream, frame);
    else if (frame.type === "signal") this.heard.signal?.(frame.signal);
    else if (frame.type === "joined") this.joined(stream, frame);
    else if (frame.type === "reset") await this.reset();
    else if (frame.type === "left" || CLOSED.includes(frame.code)) {
      this.shut();
      this.heard.gone?.();
    } else if (frame.type === "refused") this.drop();
  }

  joined(stream, frame) {
    for (const missed of frame.missed) this.event(stream, missed);
    this.found();
  }

  event(stream, frame) {
    if (frame.seq <= stream.seq) return;
    // A number is missing: join again from the last one that came, and hear what was missed.
    if (frame.seq !== stream.seq + 1) return void this.drop();
    stream.seq = frame.seq;
    this.heard.event(frame.event);
  }

  async reset() {
    try {
      const fresh = await this.heard.reset();
      this.streams = Array.isArray(fresh) ? fresh : [fresh];
    } catch {
      // Shut out, it is over; otherwise it is tried again.
    }
    if (!this.isOver) this.drop();
  }

  lost(code) {
    clearTimeout(this.watch);
    if (code === 4401)
      return this.stop(gettext("Your session has ended. Sign in again to see updates of this page."));
    if (code === 4403) return this.stop(gettext("This page cannot be updated live at this address."));
    this.since ??= new Date();
    setTimeout(() => this.since && this.tell(), 1500);
    const wait =
      code === 1012
        ? Math.random() * 10000
        : WAITS[Math.min(this.tries++, WAITS.length - 1)] * (0.5 + Math.random());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait);
  }

  hurry() {
    if (this.timer) this.open();
  }

  found() {
    this.tries = 0;
    this.since = null;
    bar("");
    this.heard.current?.(true);
  }

  tell() {
    const time = recent(this.since);
    // NOTE: The time is "today, 12:34", or another day.
    bar(gettext("Reconnecting. This page has not been updated since %(time)s. Your text is kept.", { time }));
    this.heard.current?.(false);
  }

  // Who may not look any more is told so, and shown a way on.
  shut(place = "/", name = pgettext("navigation", "Home")) {
    const isRoom = this.streams[0].channel.startsWith("room:");
    this.stop(
      place === "/" && isRoom
        ? gettext("You no longer have access to this room.")
        : gettext("You no longer have access to this page."),
    );
    document
      .querySelector("#state")
      ?.append(" ", Object.assign(document.createElement("a"), { href: place, textContent: name }));
  }

  stop(words) {
    clearTimeout(this.watch);
    clearTimeout(this.timer);
    this.timer = this.since = null;
    this.isOver = true;
    this.socket.onclose = null;
    this.socket.close();
    bar(words);
    this.heard.current?.(false);
  }
}

function bar(words) {
  const place = document.querySelector("#state");
  if (!place) return;
  place.hidden = !words;
  if (place.textContent !== words) place.textContent = words;
}

/** Reads this page again; what it says, and where in its channel it stands. */
export async function reread() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (response.status === 404) line?.shut();
  // In the room still, but not at this place of it: host or panel no longer.
  if (response.status === 403 && document.body.dataset.room)
    line?.shut(`/r/${document.body.dataset.room}`, gettext("Go to the room"));
  if (!response.ok) throw new Error(`${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const streams = streamsOf(page.body);
  return { page, stream: streams[0], streams };
}

/**
 * Brings a list of elements to what a fresh list says, by id: what is unchanged is left alone, and what the reader
 * looks at stays where it is.
 */
export function reconcile(list, fresh) {
  const held = [...list.children].find((one) => one.getBoundingClientRect().bottom > 80);
  const top = held?.getBoundingClientRect().top;
  const old = new Map([...list.children].map((one) => [one.id, one]));
  let last = null;
  for (const one of [...fresh.children]) {
    const known = one.id ? old.get(one.id) : null;
    const next =
      known && (known.contains(document.activeElement) || known.dataset.same === same(one)) ? known : one;
    if (known && next !== known) known.remove();
    if (next === one) next.dataset.same = same(one);
    old.delete(one.id);
    if (last ? last.nextElementSibling !== next : list.firstElementChild !== next) {
      if (last) last.after(next);
      else list.prepend(next);
    }
    last = next;
  }
  for (const gone of old.values()) if (!gone.contains(document.activeElement)) gone.remove();
  if (held?.isConnected) scrollBy({ top: held.getBoundingClientRect().top - top, behavior: "instant" });
}

function same(one) {
  return `${one.dataset.version} ${one.className} ${one.textContent}`;
}
