// A programme: what is on now is marked by the reader's clock, and what changes is announced.

import "../shell/page.js";
import { pill } from "../shell/api.js";
import { follow, reread } from "../shell/live.js";
import { ngettext } from "../shell/texts.js";

const slots = [...document.querySelectorAll("[data-starts]")];

function mark() {
  const now = Date.now();
  for (const slot of slots) {
    const starts = Date.parse(slot.dataset.starts);
    const ends = Date.parse(slot.dataset.ends);
    const isOn = starts <= now && now < ends && !("off" in slot.dataset);
    slot.classList.toggle("now", isOn);
    slot.classList.toggle("over", ends <= now);
    slot.querySelector("[data-now]").hidden = !isOn;
  }
}

mark();
setInterval(mark, 15_000);

let changes = 0;

if (document.body.dataset.live) {
  follow({
    event(event) {
      if (event.type === "withheld") return;
      changes += 1;
      pill("changes", ngettext("%(num)s update", "%(num)s updates", changes), () => location.reload());
    },
    reset: async () => (await reread()).stream,
  });
}
