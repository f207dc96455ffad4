// The inbox: what is told arrives while one looks; following a link marks what it is about as read.

import "../shell/finding/rows.js";
import { call } from "../shell/api.js";
import { follow, reconcile, reread } from "../shell/live.js";
import { localise } from "../shell/times.js";

const list = document.querySelector("#told");
let due;

follow({
  event() {
    clearTimeout(due);
    due = setTimeout(renew, 100);
  },
  async reset() {
    return show(await reread());
  },
});

async function renew() {
  try {
    show(await reread());
  } catch {
    due = setTimeout(renew, 5000);
  }
}

function show({ page, stream }) {
  // First within the topics: one that holds the focus is left where it is, and told of what is new in it all the same.
  for (const fresh of page.querySelectorAll("#told > li")) {
    const known = document.getElementById(fresh.id);
    if (known) reconcile(known.querySelector(".group"), fresh.querySelector(".group").cloneNode(true));
  }
  reconcile(list, page.querySelector("#told"));
  for (const id of ["unread", "none", "all"]) {
    const [now, fresh] = [document.getElementById(id), page.getElementById(id)];
    now.hidden = fresh.hidden;
    if (id === "unread") now.textContent = fresh.textContent;
  }
  localise();
  return stream;
}

list.addEventListener("click", (click) => {
  const link = click.target.closest("[data-read]");
  // Goes on although the page is left.
  if (link) fetch(`/api/v1/inbox/${link.dataset.read}/read?earlier=true`, { method: "PUT", keepalive: true });
});

document.addEventListener("submit", async (submit) => {
  if (submit.target.id !== "read") return;
  submit.preventDefault();
  const which = submit.submitter.value;
  const [verb, told] = which.includes("-") ? which.split("-") : ["read", which];
  const done = await call(
    verb === "undone" ? "DELETE" : "PUT",
    told === "all" ? "/inbox/read" : `/inbox/${told}/${verb === "topic" ? "read?earlier=true" : "done"}`,
  ).catch(() => null);
  if (done?.ok) {
    const away = verb.endsWith("done") && submit.submitter.closest("#told > li");
    if (away) {
      // The focus goes on to what stands next: what holds it would be left where it is.
      (away.nextElementSibling ?? away.previousElementSibling)?.querySelector("a")?.focus();
      away.remove();
    }
    return renew();
  }
  const button = Object.assign(document.createElement("input"), {
    type: "hidden",
    name: "read",
    value: which,
  });
  submit.target.append(button);
  submit.target.submit();
});
