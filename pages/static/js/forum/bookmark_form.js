// The form of a bookmark: who chose no time zone yet gets that of the browser, also for a time that was chosen before.

import "../shell/page.js";
import { locale } from "../shell/texts.js";

const form = document.querySelector("#bookmark");
const zone = Intl.DateTimeFormat(locale).resolvedOptions().timeZone;

if (zone && form.dataset.ownZone !== undefined) {
  form.elements.time_zone.value = zone;
  const at = new Date(form.dataset.ownZone);
  if (!Number.isNaN(at.getTime())) {
    const local = new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    form.elements.at.value = local;
    form.elements.was.value = local;
    form.elements.at_offset?.remove();
  }
}
// Who chooses a time of one's own goes on to it; who types one means it.
form.elements.when.addEventListener("change", () => {
  if (form.elements.when.value === "at") form.elements.at.focus();
});
form.elements.at.addEventListener("input", () => {
  if (form.elements.at.value) form.elements.when.value = "at";
});
