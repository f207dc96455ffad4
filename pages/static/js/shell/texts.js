// Texts in the language of the page. A script is sent with its texts already translated (pages/shell/assets/script_texts.py), so
// nothing is looked up here: what comes as first argument is the translation, or, for a plural, its forms by category.

const { lang, dir } = document.documentElement;

/** The language of the page as Intl knows it: days before months in English, and Latin digits, as the server writes them. */
export const locale = `${lang === "en" ? "en-GB" : lang}-u-nu-latn`;

/** Whether the page runs from right to left, so that what comes next stands to the left. */
export const isRightToLeft = dir === "rtl";

/** How many steps one goes on, in the order of reading, by going to the left. */
export const toTheLeft = isRightToLeft ? 1 : -1;

// As the server groups digits, in all languages from a thousand on.
const numbers = new Intl.NumberFormat(locale, { useGrouping: "always" });
const plurals = new Intl.PluralRules(locale);
// What stands between the first parts of a list, such as a comma.
const [, { value: BETWEEN }] = new Intl.ListFormat(locale).formatToParts(["1", "2", "3"]);
const PLACEHOLDER = /%\((\w+)\)s|%%/g;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LEFT_TO_RIGHT =
  /(?!\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko})\p{L}/u;
const FOREIGN = isRightToLeft ? LEFT_TO_RIGHT : RIGHT_TO_LEFT;

/** A text with what is put in by name, as in `gettext("Reply to %(name)s", { name })`; otherwise `%` is an ordinary character. */
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

/** The parts of a text, with nodes in the places of their names: `parts(gettext("Go to %(link)s."), { link })`. */
export function parts(message, nodes) {
  const pieces = message.split(/%\((\w+)\)s/);
  return pieces.flatMap((piece, at) => (at % 2 ? (nodes[piece] ?? `%(${piece})s`) : piece)).filter(Boolean);
}

/**
 * Shows a text in a place, with its number in an element of its own. Where the noun itself says the number, as in the Arabic
 * for one and two, the element is hidden.
 */
export function showCounted(place, message, count) {
  const shown = parts(message, { count });
  count.hidden = !shown.includes(count);
  place.replaceChildren(...shown, ...(count.hidden ? [count] : []));
}

/** Nodes or texts as a list with the separators of the language, for a text or for `append`. */
export const listed = (nodes) => nodes.flatMap((node, at) => (at ? [BETWEEN, node] : [node]));

/** A number as the language writes it. */
export const number = (count) => numbers.format(count);

/** A number beside a link, which has room for two digits. */
export const atMost = (count, most = 99) => (count > most ? `${number(most)}+` : number(count));

/** The number that a text shows, whatever separates its groups of digits; 0 where there is none. */
export const readNumber = (text) => Number(text.replace(/\D/g, ""));

/** A text that comes translated with the page, with what is put in by name. */
export function filled(message, facts) {
  return message.replaceAll(PLACEHOLDER, (whole, name) => {
    if (whole === "%%") return "%";
    return name in facts ? isolated(String(facts[name])) : whole;
  });
}

// What is written in the other direction must not reorder the words and marks around it.
function isolated(fact) {
  return FOREIGN.test(fact) ? `\u2068${fact}\u2069` : fact;
}
