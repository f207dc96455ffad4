// Handing on the link of a post: to another app where the device offers that, as phones do, and otherwise to the clipboard.

import { say } from "../../shell/api.js";
import { gettext, pgettext } from "../../shell/texts.js";

/** Hands on the link of a post. */
export async function handOn(link) {
  const url = link.href;
  if (navigator.share && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ title: document.querySelector("h1").textContent, url });
      return;
    } catch (error) {
      // The reader closed the list of apps.
      if (error.name === "AbortError") return;
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    tell(link);
  } catch {
    say(gettext("The link could not be copied. It is %(link)s", { link: url }), link.closest(".post"));
  }
}

// The menu closes after a press, so what happened is said beside it, for a while.
function tell(link) {
  const can = link.closest(".can");
  can.querySelector(".copied")?.remove();
  const said = document.createElement("span");
  said.className = "copied";
  said.setAttribute("role", "status");
  can.append(said);
  said.textContent = pgettext("done", "Link copied");
  setTimeout(() => said.remove(), 4000);
}
