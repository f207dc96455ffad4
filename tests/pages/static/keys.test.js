import assert from "node:assert/strict";
import { test } from "node:test";

const { isComposing, nameOf, sends } = await import("../../../pages/static/js/shell/keys.js");

test("Enter sends, but not the one that ends a word of an input method", () => {
  assert.ok(sends({ key: "Enter", isComposing: false, keyCode: 13 }));
  assert.ok(!sends({ key: "Enter", isComposing: true, keyCode: 13 }));
  // Safari says it only by the code of the key.
  assert.ok(!sends({ key: "Enter", isComposing: false, keyCode: 229 }));
  assert.ok(!sends({ key: "a", isComposing: false, keyCode: 65 }));
  assert.ok(isComposing({ key: "Process", keyCode: 229 }));
});

test("letters and digits of other scripts are known by their place on the keyboard", () => {
  assert.equal(nameOf({ key: "ت", code: "KeyJ" }), "j");
  assert.equal(nameOf({ key: "о", code: "KeyJ" }), "j");
  assert.equal(nameOf({ key: "٣", code: "Digit3" }), "3");
  assert.equal(nameOf({ key: "é", code: "Digit2" }), "2");
  assert.equal(nameOf({ key: "؟", code: "Slash", shiftKey: true }), "?");
  assert.equal(nameOf({ key: "ظ", code: "Slash", shiftKey: false }), "/");
});

test("a Latin letter is what it says, wherever it stands", () => {
  assert.equal(nameOf({ key: "z", code: "KeyY" }), "z");
  assert.equal(nameOf({ key: "?", code: "Minus", shiftKey: true }), "?");
  assert.equal(nameOf({ key: "ArrowDown", code: "ArrowDown" }), "ArrowDown");
  assert.equal(nameOf({ key: "ü", code: "BracketLeft" }), "ü");
  assert.equal(nameOf({ key: "x" }), "x");
});
