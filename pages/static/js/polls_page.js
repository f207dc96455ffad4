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
  renew((await reread()).page);
}

answering(again);
follow({
  event(event) {
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
    renew(page);
    return stream;
  },
});
