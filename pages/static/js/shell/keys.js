// Keys in a topic; they can be switched off on the page of help.

/** Whether a key belongs to an input method, which makes words of several keys: Enter then ends a word, and sends nothing. */
export const isComposing = (key) => key.isComposing || key.keyCode === 229;

/** Whether a key is the Enter of somebody who is done with writing. */
export const sends = (key) => key.key === "Enter" && !isComposing(key);

/** What a key is called: on keyboards of other scripts, the Latin letter, digit or mark in its place. */
export function nameOf({ key, code = "", shiftKey }) {
  if (key.length !== 1 || /[!-~]/.test(key)) return key;
  if (code === "Slash") return shiftKey ? "?" : "/";
  return /^(?:Key|Digit)(.)$/.exec(code)?.[1].toLowerCase() ?? key;
}

/** Calls `actions[key](post)` with the post that has the focus, or the first in view. */
export function listen(list, actions) {
  document.addEventListener("keydown", (key) => {
    if (
      key.ctrlKey ||
      key.metaKey ||
      key.altKey ||
      isComposing(key) ||
      key.target.closest("input, textarea, select, [contenteditable]")
    )
      return;
    if (isOff()) return;
    const action = actions[nameOf(key)];
    if (!action) return;
    key.preventDefault();
    action(document.activeElement.closest?.(".post") ?? inView(list));
  });
}

/** Whether this browser's owner has switched the keys off. */
export function isOff() {
  try {
    return localStorage.getItem("keys") === "off";
  } catch {
    return false;
  }
}

/** The next or previous post that can be seen. */
export function beside(list, post, step) {
  const all = [...list.querySelectorAll(".post")].filter((one) => one.offsetParent);
  const at = all.indexOf(post);
  return all[Math.max(0, Math.min(all.length - 1, at + step))];
}

/** Moves the focus to a post and brings it into view. */
export function goTo(post) {
  if (!post) return;
  post.focus({ preventScroll: true });
  post.scrollIntoView({ block: "start" });
  for (const old of document.querySelectorAll(".post.here")) old.classList.remove("here");
  post.classList.add("here");
}

function inView(list) {
  return [...list.querySelectorAll(".post")].find((one) => one.getBoundingClientRect().bottom > 90);
}
