import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";

const { actionOf, isComposing, isTyping, keyOf, listen, nameOf } = await import(
  "../../../pages/static/js/shell/keys.js"
);

test("a key has the action that the page says", () => {
  assert.equal(actionOf({ key: "z" }), "undo");
  assert.equal(actionOf({ key: "u" }), "undo");
  assert.equal(actionOf({ key: "я", code: "KeyZ" }), "undo");
  assert.equal(actionOf({ key: "?", shiftKey: true }), "shortcuts");
  assert.equal(actionOf({ key: "j" }), undefined);
  assert.equal(keyOf("undo"), "z");
  assert.equal(keyOf("nothing"), "");
});

test("keys that are held make another key", () => {
  assert.equal(actionOf({ key: "z", ctrlKey: true }), undefined);
  assert.equal(actionOf({ key: "z", altKey: true }), undefined);
  assert.equal(actionOf({ key: "Enter", metaKey: true }), "send");
  assert.equal(actionOf({ key: "Enter", ctrlKey: true }), "send");
  assert.equal(actionOf({ key: "Enter", shiftKey: true }), undefined);
  assert.equal(actionOf({ key: "Tab", shiftKey: true }), undefined);
  assert.equal(actionOf({ key: "ArrowUp", altKey: true }), "earlier");
});

test("Enter confirms, but not the one that ends a word of an input method", () => {
  assert.equal(actionOf({ key: "Enter", isComposing: false, keyCode: 13 }), "confirm");
  assert.equal(actionOf({ key: "Enter", isComposing: true, keyCode: 13 }), undefined);
  // Safari says it only by the code of the key.
  assert.equal(actionOf({ key: "Enter", isComposing: false, keyCode: 229 }), undefined);
  assert.ok(isComposing({ key: "Process", keyCode: 229 }));
});

test("nothing is done while somebody writes, and what did nothing leaves the key to the browser", () => {
  const pressed = [];
  document.addEventListener = (_, handler) => {
    document.press = handler;
  };
  listen({ undo: (name) => pressed.push(name), shortcuts: () => false });
  const key = (name, isField) => {
    let isTaken = false;
    document.press({
      key: name,
      target: { closest: () => (isField ? {} : null) },
      preventDefault: () => {
        isTaken = true;
      },
    });
    return isTaken;
  };
  assert.ok(key("z", false));
  assert.ok(!key("z", true));
  assert.ok(!key("?", false));
  assert.ok(key("u", false));
  assert.deepEqual(pressed, ["z", "u"]);
  assert.ok(isTyping({ closest: () => ({}) }));
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
