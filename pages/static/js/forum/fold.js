// Folding: a post and all that answers it shrink to a line, and stay so on the next visit.

import { ngettext, pgettext } from "../shell/texts.js";

const list = document.querySelector("#posts");
const name = `folded:${document.body.dataset.topic}`;

/** Gives every post that is answered on this page its button, and folds what was folded before. */
export function foldable() {
  const folded = recall();
  for (const post of list.querySelectorAll(".post")) {
    if (!below(post).length) continue;
    if (post.querySelector(".can > .fold")) {
      label(post, post.classList.contains("folded"));
      continue;
    }
    const button = document.createElement("button");
    button.className = "act fold";
    button.type = "button";
    button.addEventListener("click", () => fold(post));
    post.querySelector(".can").hidden = false;
    post.querySelector(".can").append(button);
    label(post, false);
    if (folded.includes(post.dataset.number)) fold(post, true, false);
  }
  show();
}

/** Folds a post, or unfolds it. */
export function fold(post, wanted = !post.classList.contains("folded"), keep = true) {
  if (!post.querySelector(".fold")) return;
  post.classList.toggle("folded", wanted);
  label(post, wanted);
  show();
  if (keep) remember();
}

/** Opens whatever a post is folded into. */
export function reveal(post) {
  let open = post;
  for (let one = above(open); one; one = above(one)) if (one.classList.contains("folded")) fold(one, false);
  open = post.closest("details.branch");
  if (open) open.open = true;
}

function show() {
  let hidden = Infinity;
  for (const one of list.children) {
    const depth = one.matches(".branch") ? 5 : Number(one.dataset.depth);
    if (depth <= hidden) hidden = Infinity;
    one.hidden = depth > hidden;
    if (hidden === Infinity && one.classList.contains("folded")) hidden = depth;
  }
}

function below(post) {
  const found = [];
  if (post.closest(".branch")) return found;
  for (let one = post.nextElementSibling; one; one = one.nextElementSibling) {
    if (one.matches(".branch")) found.push(...one.querySelectorAll(".post"));
    else if (Number(one.dataset.depth) > Number(post.dataset.depth)) found.push(one);
    else break;
  }
  return found;
}

function above(post) {
  return post.dataset.parent ? list.querySelector(`.post[data-id="${post.dataset.parent}"]`) : null;
}

function label(post, folded) {
  const button = post.querySelector(".fold");
  const count = below(post).length;
  button.setAttribute("aria-expanded", String(!folded));
  button.textContent = folded
    ? ngettext("Unfold %(num)s reply", "Unfold %(num)s replies", count)
    : pgettext("verb", "Fold");
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "[]");
  } catch {
    return [];
  }
}

function remember() {
  try {
    const folded = [...list.querySelectorAll(".folded")].map((one) => one.dataset.number);
    if (folded.length) localStorage.setItem(name, JSON.stringify(folded));
    else localStorage.removeItem(name);
  } catch {
    // A browser that keeps nothing folds for this visit only.
  }
}
