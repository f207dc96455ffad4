// A board does not move while it is read: what changed is announced. While one types a title, what is like it is shown.

import "../shell/page.js";
import { pill } from "../shell/api.js";
import { listen, press } from "../shell/keys.js";
import { follow, reread } from "../shell/live.js";
import { beside, focused, goTo } from "../shell/steps.js";
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

const ENTRY = "[data-entry] th > a";
listen({
  next: () => goTo(beside(document, ENTRY, 1)),
  previous: () => goTo(beside(document, ENTRY, -1)),
  open: () => press(focused(ENTRY)),
  write: () => press(document.querySelector("main a[href$='/entries/new']")),
});

const form = document.querySelector("form[data-twins]");
const title = form?.querySelector("input[required]");
const twins = document.getElementById("twins");
let asked = 0;

if (title) {
  title.addEventListener("input", () => {
    const turn = ++asked;
    setTimeout(() => turn === asked && look(turn), 350);
  });
}

async function look(turn) {
  const typed = title.value.trim();
  const answer =
    typed.length > 3 && (await fetch(`${form.dataset.twins}?title=${encodeURIComponent(typed)}`));
  const found = answer?.ok ? (await answer.json()).items : [];
  if (turn !== asked) return;
  twins.hidden = !found.length;
  twins.querySelector("ul").replaceChildren(
    ...found.map((entry) => {
      const link = Object.assign(document.createElement("a"), {
        href: `/b/${entry.board}/entries/${entry.id}`,
        textContent: entry.title,
      });
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
}
