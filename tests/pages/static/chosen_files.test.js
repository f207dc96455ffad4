import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";

const { refusalOf } = await import("../../../pages/static/js/shell/chosen_files.js");

const field = { dataset: { programs: "bat exe js" } };

for (const name of ["setup.exe", "photo.jpg.EXE", "run.bat. ", "a.js"])
  test(`${name} is refused when it is chosen`, () =>
    assert.match(refusalOf(field, name), /programs and scripts are not accepted/));

for (const name of ["photo.jpg", "exe", "دليل.txt", "a.exe.pdf", "notes.jsx", ".exe b"])
  test(`${name} may be chosen`, () => assert.equal(refusalOf(field, name), ""));
