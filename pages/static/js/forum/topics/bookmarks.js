// Bookmarking a post with one press; note and reminder are on the page of the bookmark, to which its mark leads.

import { call, LINE_DOWN, say, unsay, words } from "../../shell/api.js";

/** Bookmarks a post; goes to its bookmark if it has one already. */
export async function bookmark(article) {
  const act = article.querySelector(".act.bookmark");
  const mark = article.querySelector(".by .bookmarked");
  if (mark) return void mark.click();
  const answer = await call("PUT", `/posts/${article.dataset.id}/bookmark`, {}).catch(() => null);
  if (!answer?.ok) return say(answer ? words(answer) : LINE_DOWN, article);
  unsay(article);
  const { texts } = JSON.parse(document.querySelector("#post-template").dataset.words);
  act.textContent = texts.edit_bookmark;
  const link = Object.assign(document.createElement("a"), {
    className: "state bookmarked",
    href: act.href,
    textContent: texts.bookmarked,
  });
  article.querySelector(".by .at").before(link);
  // From here Enter leads on to the note and the reminder.
  link.focus({ preventScroll: true });
}
