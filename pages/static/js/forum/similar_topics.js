// Similar topics: while a title is typed, what was perhaps asked before.

import { call } from "../shell/api.js";

/** Shows below a title's field which topics it resembles. */
export function offerSimilar(title, place) {
  if (!title || !place) return;
  let timer;
  const ask = async () => {
    const asked = title.value;
    const answer = await call("GET", `/topics/similar?title=${encodeURIComponent(asked)}`).catch(() => null);
    if (!answer?.ok || asked !== title.value) return;
    place.querySelector("ul").replaceChildren(...answer.data.items.map(row));
    place.hidden = !answer.data.items.length;
  };
  title.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 500);
  });
  if (title.value.trim()) ask();
}

function row(topic) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `/t/${topic.id}`, target: "_blank" });
  link.append(Object.assign(document.createElement("bdi"), { textContent: topic.title }));
  item.append(link);
  return item;
}
