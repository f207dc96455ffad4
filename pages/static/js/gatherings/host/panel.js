// The panel's view keeps itself current; a form that somebody writes in stays as it is.

import "../../shell/page.js";
import { follow, reconcile, reread } from "../../shell/live.js";
import { number } from "../../shell/texts.js";
import { localise } from "../../shell/times.js";

let waiting;

follow({
  event(event) {
    if (!event.question && !event.room) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => reset().catch(() => {}), 200 + Math.random() * 400);
  },
  signal(signal) {
    if (signal.type === "presence") document.querySelector("#here").textContent = number(signal.here);
  },
  reset,
});

async function reset() {
  const { page, stream } = await reread();
  for (const list of document.querySelectorAll(".cards")) {
    if ([...list.querySelectorAll("textarea")].some((one) => one.value)) continue;
    reconcile(list, page.getElementById(list.id));
    localise(list);
    document.querySelector(`[data-none="${list.id}"]`).hidden = list.children.length > 0;
  }
  return stream;
}
