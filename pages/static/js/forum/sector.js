// A sector's list does not move while it is read: what changed is announced.

import "../shell/finding/rows.js";
import { pill } from "../shell/api.js";
import { follow, reread } from "../shell/live.js";
import { ngettext } from "../shell/texts.js";

let changes = 0;

follow({
  event(event) {
    if (event.type === "withheld") return;
    changes += 1;
    pill("changes", ngettext("%(num)s update", "%(num)s updates", changes), () => location.reload());
  },
  reset: async () => (await reread()).stream,
});
