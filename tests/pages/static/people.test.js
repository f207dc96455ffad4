import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./dom.js";

const { hueOf, initialsOf } = await import("../../../pages/static/js/shell/people.js");
// Names and their initials; tests/pages/shell/test_faces.py reads them, too.
const NAMES = JSON.parse(readFileSync(new URL("../../data/initials.json", import.meta.url)));

test("initials are what readers see as letters, as on the server", () => {
  for (const [name, initials] of NAMES) assert.equal(initialsOf(name), initials, name);
});

test("the colour of a handle is the one of the server", () => {
  assert.deepEqual(["ada", "李明", "fatou-d", "amina_k"].map(hueOf), [7, 2, 0, 5]);
});
