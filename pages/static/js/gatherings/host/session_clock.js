// The time, how long the session still goes, who is here by group, and which groups nobody was heard of.

import { listed, locale, number } from "../../shell/texts.js";
import { texts } from "./question_cards.js";

const clock = document.querySelector("#clock");
const heardBox = document.querySelector("#heard");
const here = document.querySelector("#here");
let present = {};

/** Starts the clock. */
export function tick() {
  const now = new Date();
  clock.querySelector("[data-now]").textContent = now.toLocaleTimeString(locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const left = clock.querySelector("[data-left]");
  if (left) {
    const minutes = Math.round((new Date(clock.dataset.ends) - now) / 60000);
    left.textContent = (minutes >= 0 ? texts.minutes_left : texts.minutes_over).replace(
      "{minutes}",
      number(Math.abs(minutes)),
    );
    clock.classList.toggle("late", minutes < 5);
  }
  setTimeout(tick, 60000 - (Date.now() % 60000) + 50);
}

/** Shows who is here now. */
export function presence(signal, groups) {
  here.textContent = number(signal.here);
  present = signal.groups ?? {};
  show(groups);
}

/** The groups somebody of whom was heard. */
export const heard = () => heardBox.dataset.heard.split(" ").filter(Boolean);

/** Remembers that somebody of a group was heard. */
export function spoke(group, groups) {
  const known = heard();
  if (!group || known.includes(group)) return;
  heardBox.dataset.heard = [...known, group].join(" ");
  show(groups);
}

function show(groups) {
  const name = (slug) => groups[slug] ?? slug;
  const known = heardBox.dataset.heard.split(" ");
  const shown = Object.entries(present).sort(([, one], [, other]) => other - one);
  heardBox.querySelector("[data-present]").textContent = shown
    .map(([slug, count]) => `${name(slug)} ${number(count)}`)
    .join(" · ");
  const silent = shown.map(([slug]) => slug).filter((slug) => !known.includes(slug));
  heardBox.querySelector(".unheard").hidden = silent.length === 0;
  heardBox.querySelector("[data-unheard]").textContent = listed(silent.map(name)).join("");
}
