// Going through a list by keys: topics, notifications, results of a search.

import "../page.js";
import { listen, press } from "../keys.js";
import { beside, focused } from "../steps.js";

// The title of each row leads to what it is about.
const ROW = "main .rows > li :is(h2, h3) a";

listen({
  next: () => go(1),
  previous: () => go(-1),
  open: () => press(focused(ROW)),
});

function go(step) {
  const row = beside(document, ROW, step);
  row?.focus();
  return Boolean(row);
}
