import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";

/** The functions as a page in this language has them. */
async function spoken(lang, dir = "ltr") {
  document.documentElement = { lang, dir };
  return import(`../../../pages/static/js/shell/texts.js?${lang}`);
}

const english = await spoken("en");
const german = await spoken("de");
const arabic = await spoken("ar", "rtl");
const chinese = await spoken("zh-Hans");
const portuguese = await spoken("pt-PT");

const LETTERS = { zero: "0", one: "1", two: "2", few: "3", many: "11", other: "100" };

test("a text is shown as it is, with all its signs", () => {
  assert.equal(english.gettext("100% sure"), "100% sure");
  assert.equal(english.pgettext("verb", "Open"), "Open");
});

test("what is put in by name stands in its place, wherever the translation has it", () => {
  const facts = { name: "Ada", decision: "hidden" };
  assert.equal(english.gettext("%(decision)s by %(name)s: %(name)s", facts), "hidden by Ada: Ada");
  assert.equal(english.pgettext("case", "Case %(number)s", { number: 0 }), "Case 0");
});

test("with something put in, a doubled percent sign is one, and an unknown name stays", () => {
  assert.equal(english.gettext("%(part)s %% of %(all)s", { part: 40 }), "40 % of %(all)s");
});

test("what is put in is not read for names itself", () => {
  assert.equal(english.gettext("%(one)s %(two)s", { one: "%(two)s", two: "$&" }), "%(two)s $&");
});

test("a plural of two strings, as in the source", () => {
  const votes = (count) => english.ngettext("%(num)s vote", "%(num)s votes", count);
  assert.deepEqual([0, 1, 2, 1234].map(votes), ["0 votes", "1 vote", "2 votes", "1,234 votes"]);
});

test("a plural takes other facts beside its number", () => {
  const said = english.ngettext("%(name)s: %(num)s vote", "%(name)s: %(num)s votes", 2, { name: "Ada" });
  assert.equal(said, "Ada: 2 votes");
});

test("the six plural forms of Arabic are chosen by the number", () => {
  const form = (count) => arabic.ngettext(LETTERS, "", count);
  assert.deepEqual([0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111].map(form), [
    ..."0123",
    "3",
    "11",
    "11",
    "100",
    "100",
    "3",
    "11",
  ]);
});

test("a language without plurals has one form, and one with a form for millions can do without it", () => {
  assert.equal(chinese.ngettext({ other: "%(num)s 票" }, "", 1), "1 票");
  const votes = { one: "%(num)s voto", other: "%(num)s votos" };
  assert.match(portuguese.ngettext(votes, "", 1000000), /votos$/);
});

test("numbers are written and read as the language has them, in Latin digits", () => {
  assert.equal(english.number(12345.5), "12,345.5");
  assert.equal(german.number(12345.5), "12.345,5");
  assert.match(portuguese.number(1234), /^1\D234$/);
  assert.match(arabic.number(12345), /^12\D345$/);
  for (const texts of [english, german, arabic, chinese, portuguese])
    assert.equal(texts.readNumber(` ${texts.number(1234567)} `), 1234567);
  assert.equal(english.readNumber(""), 0);
});

test("a number beside a link has two digits", () => {
  assert.deepEqual(
    [0, 99, 100].map((count) => english.atMost(count)),
    ["0", "99", "99+"],
  );
});

test("nodes stand in the places of their names", () => {
  const link = { node: true };
  assert.deepEqual(english.parts("Among your %(drafts)s.", { drafts: link }), ["Among your ", link, "."]);
  assert.deepEqual(english.parts("%(names)s!", { names: [link, ", ", link] }), [link, ", ", link, "!"]);
});

test("a number in an element of its own is hidden where the noun says it", () => {
  const count = { hidden: true };
  const place = { replaceChildren: (...shown) => Object.assign(place, { shown }) };
  english.showCounted(place, "%(count)s posts", count);
  assert.deepEqual([place.shown, count.hidden], [[count, " posts"], false]);
  arabic.showCounted(place, "منشور واحد", count);
  assert.deepEqual([place.shown, count.hidden], [["منشور واحد", count], true]);
});

test("a list has the marks of the language", () => {
  const [one, two] = [{ one: 1 }, { two: 2 }];
  assert.deepEqual(english.listed([one]), [one]);
  assert.deepEqual(english.listed([one, two, one]), [one, ", ", two, ", ", one]);
  assert.equal(chinese.listed(["甲", "乙", "丙"]).join(""), "甲、乙、丙");
  assert.equal(arabic.listed(["أ", "ب", "ج"]).join(""), "أ وب وج");
});

test("a name of the other direction is isolated, so that it does not reorder what stands around it", () => {
  const said = "%(name)s: %(decision)s";
  assert.equal(english.gettext(said, { name: "ليلى", decision: "hidden" }), "\u2068ليلى\u2069: hidden");
  assert.equal(arabic.gettext(said, { name: "Ada", decision: "مخفي" }), "\u2068Ada\u2069: مخفي");
  assert.equal(arabic.gettext(said, { name: "ليلى", decision: 5 }), "ليلى: 5");
});

test("the direction of the page is known: to the left one goes back in English, and on in Arabic", () => {
  assert.deepEqual([english.isRightToLeft, arabic.isRightToLeft], [false, true]);
  assert.deepEqual([english.toTheLeft, arabic.toTheLeft], [-1, 1]);
});
