// The page of a room's polls.

import "./page.js";
import { follow, reread } from "./live.js";
import { answering, isAhead, renew, stand } from "./polls.js";

let due;
// Everybody hears of it at once, and not everybody reads at once.
function soon(within) {
  due ??= setTimeout(() => {
    due = undefined;
    again().catch(() => soon(5000));
  }, Math.random() * within);
}

async function again() {
  anew((await reread()).page);
}

function anew(page) {
  renew(page);
  const [tabs, fresh] = [document, page].map((of) => of.querySelector(".room-tabs"));
  if (tabs && fresh && !tabs.contains(document.activeElement)) tabs.replaceWith(fresh);
}

function counted(what, count) {
  for (const place of document.querySelectorAll(`[data-count="${what}"]`)) place.textContent = count;
}

answering(again);
follow({
  event(event) {
    if (event.counts) counted("waiting", event.counts.live + event.counts.shortlisted);
    if (event.columns) counted("notices", event.columns.reduce((sum, column) => sum + column.notices, 0));
    if (event.poll) soon(800);
    else if (event.room) soon(800);
  },
  signal(signal) {
    if (signal.type === "presence") document.querySelector("#here").textContent = signal.here;
    if (signal.type !== "poll_results") return;
    stand(signal.polls);
    if (isAhead(signal.polls)) soon(2000);
  },
  async reset() {
    const { page, stream } = await reread();
    anew(page);
    return stream;
  },
});
