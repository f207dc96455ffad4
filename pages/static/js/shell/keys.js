// Keys in a topic; they can be switched off on the page of help.

/** Calls `actions[key](post)` with the post that has the focus, or the first in view. */
export function listen(list, actions) {
  document.addEventListener("keydown", (key) => {
    if (
      key.ctrlKey ||
      key.metaKey ||
      key.altKey ||
      key.target.closest("input, textarea, select, [contenteditable]")
    )
      return;
    if (isOff()) return;
    const action = actions[key.key];
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
