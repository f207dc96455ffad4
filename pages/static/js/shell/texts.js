// Texts in the language of the page. A script is sent with its texts already translated (pages/shell/script_texts.py), so nothing
// is looked up here: what comes as first argument is the translation, or, for a plural, its forms by category.

/** The language of the page as Intl knows it: days before months in English. */
export const locale =
  document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

const numbers = new Intl.NumberFormat(locale);
const plurals = new Intl.PluralRules(locale);

/** A text with what is put in by name, as in `gettext("Reply to %(name)s", { name })`. */
export function gettext(message, facts) {
  return facts ? filled(message, facts) : message;
}

/** A text whose translation depends on the context, such as "Open" as a verb or as a state. */
export function pgettext(_context, message, facts) {
  return gettext(message, facts);
}

/** A text in the plural form for the count, which `%(num)s` shows. */
export function ngettext(singular, plural, count, facts = {}) {
  const forms = typeof singular === "string" ? { one: singular, other: plural } : singular;
  const form = forms[plurals.select(count)] ?? forms.other;
  return filled(form, { num: numbers.format(count), ...facts });
}

/** A number as the language writes it. */
export const number = (count) => numbers.format(count);

function filled(message, facts) {
  return message.replaceAll(/%\((\w+)\)s/g, (whole, name) => facts[name] ?? whole);
}
