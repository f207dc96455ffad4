// Going through the things of a list by keys: the posts of a topic, the questions of a room, the entries of a stock-take.

/** The thing that has the focus, or null. */
export const focused = (selector) => document.activeElement?.closest?.(selector) ?? null;

/** The thing that has the focus, or the first in view. */
export function inHand(list, selector) {
  return (
    focused(selector) ??
    [...list.querySelectorAll(selector)].find((one) => one.getBoundingClientRect().bottom > 90)
  );
}

/** The thing so many steps on that can be seen; without a focus, the first in view. */
export function beside(list, selector, step) {
  const from = inHand(list, selector);
  if (step > 0 && !focused(selector)) return from;
  const all = [...list.querySelectorAll(selector)].filter((one) => one.offsetParent);
  return all[Math.max(0, Math.min(all.length - 1, all.indexOf(from) + step))];
}

/** Moves the focus to a thing and brings it into view. */
export function goTo(thing) {
  if (!thing) return;
  // What cannot have the focus by itself has it from here.
  if (thing.tabIndex < 0) thing.tabIndex = -1;
  thing.focus({ preventScroll: true });
  thing.scrollIntoView({ block: "start" });
  for (const old of document.querySelectorAll(".post.here")) old.classList.remove("here");
  thing.classList.add("here");
}
