// Reacting to a post: it shows at once, and is taken back if the service refuses it.

import { call, LINE_DOWN, say, unsay, words } from "../shell/api.js";
import { readNumber } from "../shell/texts.js";
import { label, press, reactions } from "./posts.js";

/** Sets or takes back the reaction that a button stands for. */
export async function react(button) {
  const article = button.closest(".post");
  const [id, kind, wanted] = button.value.split(" ");
  const count = readNumber(button.querySelector("i")?.textContent ?? "");
  press(button, wanted === "1");
  label(button, kind, count + (wanted === "1" ? 1 : -1));
  const answer = await call(wanted === "1" ? "PUT" : "DELETE", `/posts/${id}/reactions/${kind}`).catch(
    () => null,
  );
  if (answer?.ok) {
    unsay(article);
    return reactions(article, answer.data.reactions, answer.data.mine ?? []);
  }
  press(button, wanted !== "1");
  const counts = readCounts(article);
  reactions(article, { ...counts, [kind]: count });
  say(answer ? words(answer) : LINE_DOWN, article);
}

function readCounts(article) {
  const counts = {};
  for (const one of article.querySelectorAll("button[name=set]")) {
    counts[one.value.split(" ")[1]] = readNumber(one.querySelector("i")?.textContent ?? "");
  }
  return counts;
}
