import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";

const { recent, words } = await import("../../../pages/static/js/shell/times.js");
const CLOCK = /^[\d:]+$/;
const noon = new Date(2026, 10, 29, 12, 34);
const element = (...names) => ({ hasAttribute: (name) => names.includes(name) });

test("a date of today is shown as a date with its year, not as a clock time", () => {
  assert.equal(words(element(), noon, noon), "29 Nov 2026");
});

test("something recent is shown as today with its time of day, never as a clock time alone", () => {
  assert.equal(words(element("data-recent"), noon, noon), "today, 12:34");
  assert.doesNotMatch(recent(noon, noon), CLOCK);
});

test("something recent of another day or year is shown as a date", () => {
  assert.equal(recent(new Date(2026, 10, 28, 23, 59), noon), "28 Nov");
  assert.equal(recent(new Date(2025, 10, 29, 12, 34), noon), "29 Nov 2025");
});

test("a page that stays open past midnight no longer calls yesterday today", () => {
  assert.equal(recent(noon, new Date(2026, 10, 30, 0, 1)), "29 Nov");
});

test("only what asks for a clock time is shown as one", () => {
  assert.equal(words(element("data-hour"), noon, noon), "12:34");
  assert.match(words(element("data-day"), noon, noon), /29 Nov/);
  assert.match(words(element("data-moment"), noon, noon), /29 Nov 2026.*12:34/);
});
