import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";

const { askedFor, offerNames } = await import("../../../pages/static/js/forum/mention_menu.js");
const asked = (before) => {
  const found = askedFor(before);
  return found && [found.text, found.replaces];
};

test("an @ after a blank asks for members, and only the letters are replaced", () => {
  assert.deepEqual(asked("Thanks @am"), ["am", 2]);
  assert.deepEqual(asked("(@amina"), ["amina", 5]);
  assert.deepEqual(asked("@阿米"), ["阿米", 2]);
});

test("an @ inside an address asks for nobody", () => {
  assert.equal(asked("write to anna@example"), null);
  assert.equal(asked("@"), null);
});

test("[[ and two letters ask for topics, and the brackets are replaced too", () => {
  assert.deepEqual(asked("See [[cobalt tr"), ["cobalt tr", 11]);
  assert.deepEqual(asked("[[钴矿"), ["钴矿", 4]);
  assert.equal(asked("See [[c"), null);
  assert.equal(asked("See [[cobalt]] and"), null);
});

test("an @ beside a script without spaces, or of full width, asks for members", () => {
  assert.deepEqual(asked("你好@bo"), ["bo", 2]);
  assert.deepEqual(asked("请问＠bo"), ["bo", 2]);
  assert.deepEqual(asked("สวัสดี@bo"), ["bo", 2]);
  assert.deepEqual(asked("“@bo"), ["bo", 2]);
  assert.equal(asked("élève@bo"), null);
  assert.equal(asked("/home/@bo"), null);
});

test("keys of an input method go to the word that it makes, not to the menu", () => {
  const handlers = {};
  const list = {
    setAttribute() {},
    addEventListener() {},
    replaceChildren() {},
    querySelector: () => null,
    querySelectorAll: () => [],
  };
  document.createElement = () => list;
  offerNames({
    value: "",
    after() {},
    setAttribute() {},
    removeAttribute() {},
    addEventListener: (kind, handler) => Object.assign(handlers, { [kind]: handler }),
  });
  const taken = (key) => {
    let isTaken = false;
    const take = () => {
      isTaken = true;
    };
    handlers.keydown({ ...key, preventDefault: take, stopPropagation() {} });
    return isTaken;
  };
  list.hidden = false;
  for (const key of ["Enter", "Tab", "Escape", "ArrowDown"]) {
    assert.ok(!taken({ key, isComposing: true }));
    assert.ok(!taken({ key, isComposing: false, keyCode: 229 }));
  }
  assert.ok(taken({ key: "Escape", isComposing: false, keyCode: 27 }));
  assert.ok(list.hidden);
});
