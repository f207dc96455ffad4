// The language of a text: what a member chose last in this browser is chosen in the next form too.

const name = `writes-in:${document.body.dataset.viewer ?? ""}`;

/** Chooses in a form what was chosen last, and remembers what is chosen. An edit keeps what its post has. */
export function rememberLanguage(form) {
  const field = form.elements.language;
  if (!field || "remembered" in field.dataset) return;
  field.dataset.remembered = "";
  const isEdit = form.dataset.draft?.startsWith("edit:");
  const last = recall();
  const fill = () => {
    field.value = last;
  };
  if (!field.value && !isEdit && [...field.options].some((one) => one.value === last))
    form.kept ? form.kept.unwritten(fill) : fill();
  field.addEventListener("change", () => !isEdit && keep(field.value));
}

/** The chosen language of a form, or null: then it is detected. */
export const languageOf = (form) => form.elements.language?.value || null;

// A browser may store nothing.
function recall() {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function keep(language) {
  try {
    localStorage.setItem(name, language);
  } catch {
    // Then it is chosen each time.
  }
}
