// What is to be taken along goes to the clipboard with one press.

import { pgettext } from "./texts.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.closest("section").querySelector("pre").textContent);
    const said = button.firstChild.textContent;
    button.firstChild.textContent = pgettext("done", "Copied");
    setTimeout(() => {
      button.firstChild.textContent = said;
    }, 2000);
  });
}
