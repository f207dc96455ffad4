// Applause and the like: sent at once, shown as counts that float up and fade; where motion is not wanted they only fade.

import { call, LINE_DOWN, say, words } from "../shell/api.js";
import { number } from "../shell/texts.js";

const form = document.querySelector("#reacting");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

form?.addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const answer = await call("POST", `/rooms/${document.body.dataset.room}/reactions`, {
    kind: submit.submitter.value,
  }).catch(() => null);
  if (!answer?.ok) say(answer ? words(answer) : LINE_DOWN);
});

/** Shows what came in during the last half second. */
export function reacted(counts) {
  for (const [kind, count] of Object.entries(counts)) {
    const button = form?.querySelector(`[value="${kind}"]`);
    if (button) float(button, count);
  }
}

function float(button, count) {
  const text = Object.assign(document.createElement("span"), {
    className: "float",
    textContent: `+${number(count)}`,
    ariaHidden: "true",
  });
  button.append(text);
  const to = calm.matches ? { opacity: 0 } : { opacity: 0, transform: "translateY(-32px)" };
  text
    .animate([{ opacity: 1 }, { opacity: 1, offset: 0.4 }, to], { duration: 1600, easing: "ease-out" })
    .finished.then(() => text.remove());
}
