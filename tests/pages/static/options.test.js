import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";

const { Options } = await import("../../../pages/static/js/shell/finding/options.js");
const { isAsking } = await import("../../../pages/static/js/shell/finding/offers.js");

const anOption = () => {
  const facts = {};
  return {
    facts,
    pressed: 0,
    setAttribute: (name, value) => Object.assign(facts, { [name]: value }),
    scrollIntoView() {},
    click() {
      this.pressed += 1;
    },
  };
};

function aField(options) {
  const facts = {};
  const handlers = {};
  const list = {
    setAttribute() {},
    addEventListener() {},
    replaceChildren() {},
    querySelector: () => options.find((one) => one.facts["aria-selected"] === "true") ?? null,
    querySelectorAll: () => options,
  };
  document.createElement = () => list;
  const made = new Options(
    {
      after() {},
      setAttribute: (name, value) => Object.assign(facts, { [name]: value }),
      removeAttribute: (name) => delete facts[name],
      addEventListener: (kind, handler) => Object.assign(handlers, { [kind]: handler }),
    },
    "Suggestions",
  );
  const press = (key) => {
    let isTaken = false;
    const preventDefault = () => {
      isTaken = true;
    };
    handlers.keydown({ key, preventDefault, stopPropagation() {} });
    return isTaken;
  };
  return { made, facts, press };
}

test("the mark goes round, and nothing is marked before a key is pressed", () => {
  const options = [anOption(), anOption(), anOption()];
  const { made, facts, press } = aField(options);
  assert.ok(!press("ArrowDown"), "a closed list takes no key");
  made.show([]);
  assert.equal(made.marked(), null);
  assert.ok(!press("Enter"), "without a mark the form is sent");
  assert.ok(press("ArrowDown"));
  assert.equal(made.marked(), options[0]);
  assert.equal(facts["aria-activedescendant"], options[0].id);
  press("ArrowUp");
  assert.equal(made.marked(), options[2]);
  press("ArrowDown");
  assert.equal(made.marked(), options[0]);
  assert.ok(press("Enter"));
  assert.equal(options[0].pressed, 1);
  assert.ok(press("Escape"));
  assert.ok(made.list.hidden);
  assert.equal(facts["aria-activedescendant"], undefined);
});

test("two characters ask, or one sign that can be a word", () => {
  assert.ok(isAsking("co"));
  assert.ok(isAsking("钴"));
  assert.ok(isAsking("كو"));
  assert.ok(!isAsking("c"));
  assert.ok(!isAsking(""));
  assert.ok(!isAsking("c".repeat(101)));
});
