// Attachments: files that are chosen, dropped or pasted are uploaded immediately and named in the text at the cursor; a
// field below asks what each picture shows.

import { call, LINE_DOWN, newKey, say, unsay, words } from "../shell/api.js";
import { refusalOf } from "../shell/chosen_files.js";
import { gettext } from "../shell/texts.js";
import { insert } from "./quotes.js";

const MAX_BYTES = 10 * 1024 * 1024;

/** Lets members attach files to the text of a form. */
export function offerFiles(form) {
  const part = form.querySelector(".attach");
  if (!part) return;
  for (const one of part.querySelectorAll(".by-form")) one.remove();
  const upload = async (files) => {
    unsay(part);
    for (const file of files) await send(form, part, file);
  };
  chooseFiles(part, upload);
  pasteFiles(form.elements.body, upload);
  dropFiles(form, upload);
  form.addEventListener("sent", () => {
    for (const one of form.querySelectorAll(".described")) one.remove();
  });
}

function chooseFiles(part, upload) {
  const choose = part.querySelector("[type=file]");
  choose.multiple = true;
  choose.removeAttribute("name");
  const chosen = () => {
    if (choose.files.length) upload([...choose.files]);
    choose.value = "";
  };
  choose.addEventListener("change", chosen);
  // A file may have been chosen while this script was on its way.
  chosen();
}

function pasteFiles(field, upload) {
  field.addEventListener("paste", (paste) => {
    if (!paste.clipboardData.files.length) return;
    paste.preventDefault();
    upload([...paste.clipboardData.files]);
  });
}

function dropFiles(form, upload) {
  form.addEventListener("dragover", (drag) => {
    if (![...drag.dataTransfer.types].includes("Files")) return;
    drag.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener(
    "dragleave",
    (drag) => form.contains(drag.relatedTarget) || form.classList.remove("over"),
  );
  form.addEventListener("drop", (drop) => {
    form.classList.remove("over");
    if (!drop.dataTransfer.files.length) return;
    drop.preventDefault();
    upload([...drop.dataTransfer.files]);
  });
}

async function send(form, part, file) {
  const field = form.elements.body;
  const name = file.name || "picture.png";
  const refused = refusalOf(part.querySelector("[type=file]"), name);
  if (refused) return refuse(part, refused);
  if (file.size > MAX_BYTES) return refuse(part, gettext("%(name)s is larger than 10 MB.", { name }));
  // NOTE: %(name)s is the name of a file.
  const uploading = gettext("%(name)s is being uploaded", { name: name.replace(/[[\]]/g, "") });
  const mark = `[${uploading} ${newKey().slice(0, 4)}]`;
  const inserted = insert(field, `${mark}\n\n`);
  const content = await base64(file);
  const answer = await call(
    "POST",
    "/files",
    { name: [...name].slice(-250).join(""), content },
    { "Idempotency-Key": newKey() },
  ).catch(() => null);
  if (!answer?.ok) {
    replace(field, inserted, "");
    return refuse(
      part,
      answer ? gettext("%(name)s: %(refusal)s", { name, refusal: words(answer) }) : LINE_DOWN,
    );
  }
  replace(field, mark, answer.data.markup);
  if (answer.data.markup.startsWith("!")) describe(field, part, answer.data);
}

// Beside the field for files, as the beginning of a long form can be out of sight.
function refuse(part, text) {
  part.open = true;
  say(text, part);
}

// The description of a picture is asked where it was inserted. It can be left out, and edited in the text as well.
function describe(field, part, file) {
  const row = document.createElement("div");
  row.className = "field described";
  row.innerHTML = '<img alt=""><div><label></label><input maxlength="500" dir="auto"></div>';
  const [image, label, input] = ["img", "label", "input"].map((name) => row.querySelector(name));
  image.src = file.address;
  input.id = `alt-${file.id}`;
  label.htmlFor = input.id;
  label.textContent = gettext("What %(name)s shows, for people who cannot see it", { name: file.name });
  input.addEventListener("input", () => {
    const said = input.value.replace(/[[\]\n]/g, " ");
    field.value = field.value.replace(
      new RegExp(`!\\[[^\\]]*\\]\\(/files/${file.id}/`),
      () => `![${said}](/files/${file.id}/`,
    );
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  part.before(row);
  input.focus();
}

function replace(field, mark, text) {
  const at = field.value.indexOf(mark);
  if (at < 0) return;
  field.setRangeText(text, at, at + mark.length, "preserve");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function base64(file) {
  const address = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(file);
  });
  return address.slice(address.indexOf(",") + 1);
}
