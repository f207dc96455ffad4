import assert from "node:assert/strict";
import { test } from "node:test";
import { question } from "./dom.js";

const { balance, ordered, score } = await import("../../../pages/static/js/gatherings/ranking.js");
const ids = (items) => items.map((item) => item.dataset.id);

test("more votes, fewer minutes and an unheard group each raise the score", () => {
  assert.ok(score(5, 10, 0, 1) > score(4, 10, 0, 1));
  assert.ok(score(5, 10, 0, 1) > score(5, 10, 10, 1));
  assert.ok(score(5, 10, 0, 1.25) > score(5, 10, 0, 1));
});

test("freshness halves after thirty minutes", () => {
  assert.ok(Math.abs(score(5, 10, 30, 1) - score(5, 10, 0, 1) / 2) < 1e-12);
});

test("half of a large room counts for more than one of one", () => {
  assert.ok(score(50, 100, 0, 1) > score(1, 1, 0, 1));
});

test("a group counts for more only as long as others were heard and it was not", () => {
  assert.equal(balance("academia", ["industry"]), 1.25);
  assert.equal(balance("industry", ["industry"]), 1);
  assert.equal(balance("academia", []), 1);
  assert.equal(balance("", ["industry"]), 1);
});

test("the shortlist comes first, in the hosts' order, whatever the others have", () => {
  const items = [
    question({ id: 1, votes: 9 }),
    question({ id: 2, state: "shortlisted", place: 2 }),
    question({ id: 3, state: "shortlisted", place: 1 }),
  ];
  assert.deepEqual(ids(ordered(items, "best", 10)), [3, 2, 1]);
});

test("by votes, equals stay in the order in which they were asked", () => {
  const items = [question({ id: 3, votes: 2 }), question({ id: 1, votes: 2 }), question({ id: 2, votes: 5 })];
  assert.deepEqual(ids(ordered(items, "votes", 5)), [2, 1, 3]);
});

test("newest puts the latest first", () => {
  const items = [question({ id: 1, minutes: 9 }), question({ id: 2, minutes: 1 })];
  assert.deepEqual(ids(ordered(items, "newest", 0)), [2, 1]);
});
