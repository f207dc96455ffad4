// Tags that are there: pressed, they are put into the field or taken out of it; while a word is typed, those that begin so,
// also by another of their names, are shown.

const field = document.querySelector("#tags");
const offered = document.querySelector(".offered");
const buttons = [...document.querySelectorAll("[data-tag]")];
// As the server reads tags: commas separate them, and blanks inside one are hyphens.
const words = () =>
  field.value
    .normalize("NFKC")
    .toLowerCase()
    .split(/[,;\u060c\u061b\u3001]/)
    .map((one) => one.trim().replace(/^#+/, "").replace(/\s+/g, "-"))
    .filter(Boolean);

function show() {
  const typed = words();
  const last = /[,;\u060c\u061b\u3001]\s*$/.test(field.value) ? "" : (typed.at(-1) ?? "");
  const isOne = buttons.some((one) => one.dataset.tag === last);
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(typed.includes(button.dataset.tag)));
    const names = [button.dataset.tag, ...button.dataset.also.split(" ")];
    button.parentElement.hidden = !!last && !isOne && !names.some((name) => name.startsWith(last));
  }
  for (const list of offered?.querySelectorAll("ul") ?? []) {
    const isEmpty = ![...list.children].some((one) => !one.hidden);
    list.hidden = list.previousElementSibling.hidden = isEmpty;
  }
}

function press({ target }) {
  const tag = target.closest("[data-tag]")?.dataset.tag;
  if (!tag) return;
  const typed = words();
  const last = /[,;\u060c\u061b\u3001]\s*$/.test(field.value) ? null : typed.at(-1);
  // What was begun by typing is ended by pressing.
  if (last && last !== tag && !buttons.some((one) => one.dataset.tag === last) && isBegun(last, target))
    typed.pop();
  field.value = typed.includes(tag)
    ? typed.filter((one) => one !== tag).join(", ")
    : [...typed, tag].join(", ");
  if (field.value) field.value += ", ";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

const isBegun = (word, button) =>
  [button.dataset.tag, ...button.dataset.also.split(" ")].some((name) => name.startsWith(word));

if (field && offered) {
  field.addEventListener("input", () => {
    if (words().length) offered.open = true;
    show();
  });
  offered.addEventListener("click", press);
  show();
}
