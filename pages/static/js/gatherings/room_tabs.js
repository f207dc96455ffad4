// The ways through a room: how much there is at each, followed while one looks at another.

import { number, readNumber } from "../shell/texts.js";

const open = () => document.querySelector(".room-tabs [data-polls]");

/** Takes in what an event says of the other parts of the room. */
export function told({ counts, columns, poll }) {
  if (counts) counted("waiting", counts.live + counts.shortlisted);
  if (columns)
    counted(
      "notices",
      columns.reduce((sum, column) => sum + column.notices, 0),
    );
  if (poll) polls(poll);
}

/** Brings the tabs to what a page says that was read anew. */
export function renewed(page) {
  const [tabs, fresh] = [document, page].map((of) => of.querySelector(".room-tabs"));
  if (tabs && fresh && !tabs.contains(document.activeElement)) return tabs.replaceWith(fresh);
  for (const one of fresh?.querySelectorAll("[data-count]") ?? [])
    counted(one.dataset.count, readNumber(one.textContent));
  const mark = fresh?.querySelector("[data-polls]");
  if (mark) opened(mark.dataset.polls.split(" ").filter(Boolean));
}

function counted(what, count) {
  for (const place of document.querySelectorAll(`[data-count="${what}"]`)) place.textContent = number(count);
}

function polls({ id, state }) {
  const others = open()
    ?.dataset.polls.split(" ")
    .filter((one) => one && one !== String(id));
  if (others) opened(state === "open" ? [...others, id] : others);
}

function opened(ids) {
  const mark = open();
  if (!mark) return;
  mark.dataset.polls = ids.join(" ");
  mark.hidden = ids.length === 0;
}
