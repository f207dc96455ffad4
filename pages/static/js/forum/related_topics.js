// Related topics: fetched beside the topic when it has been drawn, so that nothing waits for them.

import { call } from "../shell/api.js";

/** Puts the topics that resemble this one in the place of the link that searches for them. */
export async function showRelated(topic, place) {
  if (!place) return;
  const answer = await call("GET", `/topics/${topic}/related`).catch(() => null);
  if (!answer?.ok) return;
  place.hidden = !answer.data.items.length;
  const list = document.createElement("ul");
  list.append(...answer.data.items.map(row));
  place.querySelector("p").replaceWith(list);
}

function row(topic) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `/t/${topic.id}` });
  link.append(Object.assign(document.createElement("bdi"), { textContent: topic.title }));
  item.append(link);
  return item;
}
