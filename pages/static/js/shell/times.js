// Times in the reader's own time zone, in the language of the page.

// Days before months, as in what the server writes.
const lang = { en: "en-GB" }[document.documentElement.lang] ?? document.documentElement.lang;
const now = new Date();
const hour = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
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

function words(time, at) {
  if (time.hasAttribute("data-moment")) return whole.format(at);
  if (time.hasAttribute("data-hour")) return hour.format(at);
  return time.hasAttribute("data-day") ? weekday.format(at) : short(at);
}

function short(at) {
  if (at.toDateString() === now.toDateString()) return hour.format(at);
  return (at.getFullYear() === now.getFullYear() ? day : year).format(at);
}
