// Attaching: files that are chosen, dropped or pasted go up at once, stand in the text where the cursor was, and pictures are
// described where they stand.

import { LINE_DOWN, call, newKey, say, unsay, words } from "../shell/api.js";
import { insert } from "./quotes.js";

const LARGEST = 10 * 1024 * 1024;

/** Lets files be attached to what is written in a form. */
export function offerFiles(form) {
  const part = form.querySelector(".attach");
  if (!part) return;
  const field = form.elements.body;
  for (const one of part.querySelectorAll(".by-form")) one.remove();
  const choose = part.querySelector("[type=file]");
  choose.multiple = true;
  choose.removeAttribute("name");
  choose.addEventListener("change", () => {
    take([...choose.files]);
    choose.value = "";
  });
  field.addEventListener("paste", (paste) => {
    if (!paste.clipboardData.files.length) return;
    paste.preventDefault();
    take([...paste.clipboardData.files]);
  });
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
    take([...drop.dataTransfer.files]);
  });

  async function take(files) {
    unsay(form);
    for (const file of files) await send(file);
  }

  async function send(file) {
    const name = file.name || "picture.png";
    if (file.size > LARGEST) return say(`${name} is larger than 10 MB.`, form);
    const mark = `[${name.replace(/[[\]]/g, "")} is on its way ${newKey().slice(0, 4)}]`;
    insert(field, `${mark}\n\n`);
    const content = await base64(file);
    const answer = await call(
      "POST",
      "/files",
      { name: name.slice(-200), content },
      { "Idempotency-Key": newKey() },
    ).catch(() => null);
    replace(field, mark, answer?.ok ? answer.data.markup : "");
    if (!answer?.ok) return say(answer ? `${name}: ${words(answer)}` : LINE_DOWN, form);
    if (answer.data.markup.startsWith("!")) describe(answer.data);
  }

  // What a picture shows is asked where it was put in; it can be left out, and written in the text as well.
  function describe(file) {
    const row = document.createElement("div");
    row.className = "field described";
    row.innerHTML = '<img alt=""><div><label></label><input maxlength="500"></div>';
    const [image, label, input] = [
      row.querySelector("img"),
      row.querySelector("label"),
      row.querySelector("input"),
    ];
    image.src = file.address;
    input.id = `alt-${file.id}`;
    label.htmlFor = input.id;
    label.textContent = `What ${file.name} shows, for those who cannot see it`;
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

  form.addEventListener("sent", () => form.querySelectorAll(".described").forEach((one) => one.remove()));
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
