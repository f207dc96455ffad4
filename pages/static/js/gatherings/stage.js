// The projector: one question, what comes next, how many are here. It keeps itself current and says when it is not.

import { follow, isOver, reread } from "../shell/live.js";
import { number } from "../shell/texts.js";

const here = document.querySelector("#here");
let waiting;

follow({
  event(event) {
    if (concerns(event)) refresh();
  },
  signal(signal) {
    if (signal.type === "presence") here.textContent = number(signal.here);
  },
  reset,
});

// The many questions that are asked or voted for are not on it.
function concerns(event) {
  const { question } = event;
  if (!question) return event.room !== undefined;
  return (
    ["on_stage", "shortlisted"].includes(question.state) ||
    document.querySelector(`[data-id="${question.id}"]`) !== null
  );
}

function refresh() {
  clearTimeout(waiting);
  waiting = setTimeout(() => reset().catch(retry), 60);
}

function retry() {
  if (!isOver()) waiting = setTimeout(refresh, 3000);
}

async function reset() {
  const { page, stream } = await reread();
  for (const name of ["now", "next"]) {
    const [old, fresh] = [document.getElementById(name), page.getElementById(name)];
    if (old.innerHTML === fresh.innerHTML) continue;
    fresh.classList.add("arriving");
    old.replaceWith(fresh);
  }
  return stream;
}
