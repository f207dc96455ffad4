import assert from "node:assert/strict";
import { test } from "node:test";

const { markdownOf } = await import("../../../pages/static/js/forum/markdown.js");

const node = (child) => (typeof child === "string" ? { nodeType: 3, textContent: child } : child);

/** An element as the script reads it. */
function el(localName, ...given) {
  const attributes = given[0]?.constructor === Object && !given[0].nodeType ? given.shift() : {};
  const childNodes = given.map(node);
  return {
    nodeType: 1,
    localName,
    childNodes,
    textContent: childNodes.map((child) => child.textContent).join(""),
    getAttribute: (name) => attributes[name] ?? null,
    querySelectorAll: () => [],
  };
}
const said = (...blocks) => markdownOf(el("div", ...blocks));

test("emphasis, code and links are kept", () => {
  const strong = el("strong", "bold ", el("em", "both"));
  assert.equal(said(el("p", "a ", strong, " ", el("del", "gone"))), "a **bold *both*** ~~gone~~");
  assert.equal(said(el("p", el("em", " a "), "b")), "*a* b");
  assert.equal(said(el("p", el("code", "x"), el("code", "a`b"))), "`x```a`b``");
  assert.equal(said(el("p", el("a", { href: "https://x.org/" }, "words"))), "[words](https://x.org/)");
});

test("addresses, mentions and topics become links by themselves", () => {
  assert.equal(said(el("p", el("a", { href: "https://x.org" }, "https://x.org"))), "https://x.org");
  assert.equal(said(el("p", el("a", { href: "/m/bob" }, "@bob"))), "@bob");
  assert.equal(said(el("p", el("a", { href: "/t/3" }, el("bdi", "Title")))), "/t/3");
});

test("paragraphs, headings, breaks and quotations are kept", () => {
  assert.equal(said(el("h4", "Head"), el("p", "a", el("br"), "b"), el("hr")), "### Head\n\na\\\nb\n\n---");
  assert.equal(said(el("blockquote", el("p", "a"), el("p", "b"))), "> a\n>\n> b");
});

test("lists are kept with their numbers, boxes and inner lists", () => {
  const inner = el("li", "b", el("ul", el("li", "c"), el("li", "d")));
  assert.equal(said(el("ul", el("li", "a"), inner)), "- a\n- b\n  - c\n  - d");
  assert.equal(said(el("ol", { start: "9" }, el("li", "a"), el("li", "b"))), "9. a\n10. b");
  assert.equal(
    said(el("ul", el("li", el("p", "a"), el("p", "b")), el("li", el("p", "c")))),
    "- a\n\n  b\n\n- c",
  );
  assert.equal(said(el("ul", el("li", el("input", { checked: "" }), " done"))), "- [x] done");
});

test("tables are kept with their alignment", () => {
  const head = el("thead", el("tr", el("th", "a"), el("th", { align: "right" }, el("em", "b"))));
  const body = el("tbody", el("tr", el("td", "1|2"), el("td", "3")));
  assert.equal(said(el("table", head, body)), "| a | *b* |\n| - | -: |\n| 1\\|2 | 3 |");
});

test("code keeps its lines, its language and its backticks", () => {
  const block = el("pre", el("code", { class: "language-sql" }, "SELECT *\n", "  ```\n"));
  assert.equal(said(block), "````sql\nSELECT *\n  ```\n````");
});

test("signs that were text stay text", () => {
  assert.equal(
    said(el("p", "2 * 3, *a*, snake_case _b_ [c] <d> `e` &amp; \\")),
    "2 * 3, \\*a\\*, snake_case \\_b\\_ \\[c\\] \\<d> \\`e\\` \\&amp; \\\\",
  );
  for (const [text, markdown] of [
    ["# no heading", "\\# no heading"],
    ["- no item", "\\- no item"],
    ["1. no item", "1\\. no item"],
    ["> no quotation", "\\> no quotation"],
    ["#14 and -5", "#14 and -5"],
  ])
    assert.equal(said(el("p", text)), markdown);
});

test("words that are selected without their paragraph are kept", () => {
  assert.equal(said("the ", el("strong", "end")), "the **end**");
  assert.equal(said(el("td", "1"), el("td", "2")), "1 2");
});
