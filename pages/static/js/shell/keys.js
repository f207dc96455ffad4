// Keyboard shortcuts. Which key does what stands in one table of the server (pages/keyboard/shortcuts.py): the page carries
// the keys of its surface, and scripts know actions only. Keys can be switched off on the page of help.

let actions;
/** What the scripts of this page do, by action. */
export const listeners = [];

/** Whether a key belongs to an input method, which makes words of several keys: Enter then ends a word, and sends nothing. */
export const isComposing = (key) => key.isComposing || key.keyCode === 229;

/** What a key is called: on keyboards of other scripts, the Latin letter, digit or mark in its place. */
export function nameOf({ key, code = "", shiftKey }) {
  if (key.length !== 1 || /[!-~]/.test(key)) return key;
  if (code === "Slash") return shiftKey ? "?" : "/";
  return /^(?:Key|Digit)(.)$/.exec(code)?.[1].toLowerCase() ?? key;
}

/** The action of a key on this page, or undefined. */
export function actionOf(key) {
  if (isComposing(key)) return undefined;
  const name = nameOf(key);
  const isHeld = [
    ["Ctrl+", key.ctrlKey || key.metaKey],
    ["Alt+", key.altKey],
    // A mark such as `?` contains its Shift already.
    ["Shift+", key.shiftKey && name.length > 1],
  ];
  return keys().get(isHeld.map(([word, is]) => (is ? word : "")).join("") + name);
}

/** The first key of an action on this page. */
export function keyOf(action) {
  for (const [key, one] of keys()) if (one === action) return key;
  return "";
}

/** Calls `does[action](name of the key)` when one is pressed while nobody is typing; `false` says that nothing was done. */
export function listen(does) {
  listeners.push(does);
  document.addEventListener("keydown", (key) => {
    const action = actionOf(key);
    if (!does[action] || key.defaultPrevented || isOff() || isTyping(key.target)) return;
    // A page does nothing behind an open dialog, except to close the list of its keys.
    if (document.querySelector("dialog[open]") && action !== "shortcuts") return;
    if (does[action](nameOf(key)) !== false) key.preventDefault();
  });
}

/** Presses a button or a link; `false` if there is none. */
export function press(button) {
  button?.click();
  return Boolean(button);
}

/** Goes to a field; `false` if there is none. */
export function enter(field) {
  field?.focus();
  return Boolean(field);
}

/** Whether this browser's owner has switched the keys off. */
export function isOff() {
  try {
    return localStorage.getItem("keys") === "off";
  } catch {
    return false;
  }
}

/** Whether a key that is pressed here writes something. */
export function isTyping(target) {
  return Boolean(
    target.closest(
      "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]",
    ),
  );
}

function keys() {
  actions ??= new Map(
    (document.body.dataset.keys ?? "").split(" ").flatMap((one) => {
      const [action, named] = one.split("=");
      return (named ?? "").split(",").map((key) => [key, action]);
    }),
  );
  return actions;
}
