// Talking to the service: one way to call it, one way to say what went wrong.

import { gettext } from "./texts.js";

/** Calls the API; throws only when nothing came back at all. `last` lets the call outlive the page. */
export async function call(method, path, body, headers = {}, last = false) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(15000),
    keepalive: last,
  });
  const data = response.status === 204 ? null : await response.json().catch(() => null);
  return { ok: response.ok, status: response.status, data };
}

/** A key that makes sending the same thing twice harmless. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(15)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** What a refusal says, in words. */
export function words(answer) {
  return answer.data?.detail ?? gettext("This did not work. Try again in a moment.");
}

export const LINE_DOWN = gettext("You are offline. Nothing is lost: try again when you are back online.");

/** Says something to everyone who looks or listens, in a place that stays. */
export function say(text, where = document.querySelector("#main")) {
  let notice = where.querySelector(":scope > .notice.by-script");
  if (!notice) {
    notice = document.createElement("p");
    notice.className = "notice bad by-script";
    notice.setAttribute("role", "alert");
    where.prepend(notice);
  }
  notice.textContent = text;
}

/** Takes back what was said. */
export function unsay(where = document.querySelector("#main")) {
  where.querySelector(":scope > .notice.by-script")?.remove();
}

/** A button that floats above the page until it is pressed; the same name replaces it. */
export function pill(name, text, action) {
  const pills = document.querySelector("#pills");
  let button = pills.querySelector(`[data-pill="${name}"]`);
  if (!text) return void button?.remove();
  if (!button) {
    button = document.createElement("button");
    button.className = "pill";
    button.dataset.pill = name;
    pills.append(button);
  }
  button.textContent = text;
  button.onclick = () => {
    button.remove();
    action();
  };
}
