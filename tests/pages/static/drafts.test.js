import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { answers, requests } from "./dom.js";

const { keepDraft } = await import("../../../pages/static/js/forum/drafts.js");

/** A form in which a reply is written; `kept` is what this browser has of its draft. */
function form(kept, text = "") {
  globalThis.localStorage.getItem = () => (kept ? JSON.stringify(kept) : null);
  const elements = { body: { value: text, defaultValue: text } };
  return {
    dataset: { draft: "topic:12" },
    elements,
    addEventListener: () => {},
    querySelector: () => null,
  };
}

async function opened(here, data) {
  answers.push({ data });
  keepDraft(here);
  await new Promise((resolve) => setImmediate(resolve));
  here.kept.stop();
  return here;
}

beforeEach(() => {
  requests.length = 0;
  answers.length = 0;
});

test("a form asks the server for its draft", async () => {
  await opened(form(null), { sequence: 0, body: "" });
  assert.deepEqual(requests[0], { method: "GET", address: "/api/v1/drafts/topic:12", body: undefined });
});

test("what the server has comes into a field that nobody touched", async () => {
  const here = await opened(form(null), { sequence: 3, body: "From the other device" });
  assert.equal(here.elements.body.value, "From the other device");
  assert.equal(here.kept.sequence, 3);
  assert.ok(here.kept.isSaved);
});

test("what was typed before the script came stays, and an older draft of the server is not written over it", async () => {
  const here = form(null);
  here.elements.body.value = "Typed early";
  await opened(here, { sequence: 3, body: "From the other device" });
  assert.equal(here.elements.body.value, "Typed early");
  assert.equal(here.kept.sequence, 0);
  assert.ok(!here.kept.isSaved);
});

test("what was typed here and never saved stays, and goes on from the change that this browser saw last", async () => {
  const kept = { text: "Mine", sequence: 2, saved: false };
  const here = await opened(form(kept), { sequence: 5, body: "Theirs" });
  assert.equal(here.elements.body.value, "Mine");
  assert.equal(here.kept.sequence, 2);
  assert.ok(!here.kept.isSaved);
});
