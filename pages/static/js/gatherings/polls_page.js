// The page of a room's polls.

import "../shell/page.js";
import { follow, isOver, reread } from "../shell/live.js";
import { number, readNumber } from "../shell/texts.js";
import { answering, isAhead, opened, renew, stand } from "./polls.js";
import { renewed, told } from "./room_tabs.js";

const here = document.querySelector("#here");
let due;
// Everybody hears of it at once, and nobody reads at once: a hundred in a second, however many are here.
function soon(within = Math.max(800, readNumber(here.textContent) * 10)) {
  if (due) return;
  due = setTimeout(() => {
    due = undefined;
    again().catch(() => isOver() || soon(5000));
  }, Math.random() * within);
}

async function again() {
  anew((await reread()).page);
}

function anew(page) {
  renew(page);
  renewed(page);
  const [samples, fresh] = [document, page].map((of) => of.querySelector("#poll-samples"));
  if (samples && fresh) samples.replaceWith(fresh);
}

answering(again);
follow({
  event(event) {
    told(event);
    const isMoved = event.type === "poll_opened" || event.type === "poll_closed";
    if (event.room || (event.poll && !(isMoved && opened(event.poll)))) soon();
  },
  signal(signal) {
    if (signal.type === "presence") here.textContent = number(signal.here);
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
