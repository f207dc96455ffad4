// Times in the reader's own time zone, in the language of the page.

import { gettext, locale as lang } from "./texts.js";

const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat(lang, { weekday: "short", day: "numeric", month: "short" });
const year = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat(lang, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

/** Shows every time below an element as the reader's clock has it. */
export function localise(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = whole.format(at);
    time.textContent = words(time, at);
  }
  for (const zone of root.querySelectorAll("[data-utc]")) zone.remove();
}

/** Returns a time element for something recent; `localise` fills it in. */
export function recentTime(at) {
  const time = Object.assign(document.createElement("time"), { dateTime: at });
  time.dataset.recent = "";
  return time;
}

/**
 * Shows what happened lately: today with the time of day, other days of this year without the year. Whether it is today is
 * asked anew each time, as pages stay open past midnight.
 */
export function recent(at, now = new Date()) {
  // NOTE: The time of day of something that happened today: today, 12:34.
  if (at.toDateString() === now.toDateString()) return gettext("today, %(time)s", { time: clock.format(at) });
  return (at.getFullYear() === now.getFullYear() ? day : year).format(at);
}

/** What a time element shows: a day, unless the element asks for more. */
export function words(time, at, now = new Date()) {
  if (time.hasAttribute("data-moment")) return whole.format(at);
  if (time.hasAttribute("data-hour")) return clock.format(at);
  if (time.hasAttribute("data-day")) return weekday.format(at);
  return time.hasAttribute("data-recent") ? recent(at, now) : year.format(at);
}
