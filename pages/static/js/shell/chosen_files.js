// Files are checked when they are chosen: a program is refused before anything of it is sent. The server checks again.

import { gettext } from "./texts.js";

/** Returns what is wrong with a file that is chosen in this field, or an empty text. */
export function refusalOf(input, name) {
  const extension = /\.([^.\s]+)[.\s]*$/.exec(name)?.[1].toLowerCase();
  const isProgram = !!extension && (input.dataset.programs ?? "").split(" ").includes(extension);
  if (!isProgram) return "";
  // NOTE: %(name)s is the name of a file.
  return gettext("%(name)s: programs and scripts are not accepted. Nothing was uploaded.", { name });
}

/** Checks files in fields that send them with their form. */
export function checkChosenFiles() {
  document.addEventListener("change", ({ target: input }) => {
    if (!input.matches?.("[type=file][data-programs]:not([multiple])")) return;
    const wrong = [...input.files].map((file) => refusalOf(input, file.name)).find(Boolean);
    if (wrong) input.value = "";
    input.setCustomValidity(wrong ?? "");
    if (wrong) input.reportValidity();
    // The field is empty again, and the form may be sent without a file.
    if (wrong) setTimeout(() => input.setCustomValidity(""));
  });
}
