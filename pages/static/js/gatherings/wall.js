// The projector wall: whatever happens on the board, the wall is read anew, and says when it is not current.

import { follow, isOver, reread } from "../shell/live.js";
import { localise } from "../shell/times.js";

const REST = 1000;
let due;

follow({
  event: (event) => event.type.startsWith("room") || soon(),
  async reset() {
    return (await renew()).streams;
  },
});
localise();
fit();
addEventListener("resize", fit);

// Many things at once are one reading; the first is shown soon, the rest together.
function soon() {
  if (due) return;
  due = setTimeout(
    async () => {
      due = undefined;
      await renew().catch(() => isOver() || soon());
    },
    REST * (0.5 + Math.random()),
  );
}

async function renew() {
  const read = await reread();
  document.querySelector("#board").replaceWith(read.page.querySelector("#board"));
  localise();
  fit();
  return read;
}

// What does not fit whole is not shown in part.
function fit() {
  for (const list of document.querySelectorAll(".wall .notes")) {
    const end = list.closest(".shelf").getBoundingClientRect().bottom;
    for (const item of list.children)
      item.style.visibility = item.getBoundingClientRect().bottom > end ? "hidden" : "";
  }
}

setInterval(() => {
  const isOver = (item) => Date.parse(item.dataset.ends) <= Date.now();
  if ([...document.querySelectorAll("[data-ends]")].some(isOver)) soon();
}, 5000);
