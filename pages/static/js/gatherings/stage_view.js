// What is on stage, at the top of the room.

import { showAuthor } from "../shell/people.js";
import { groups, TEXTS } from "./questions.js";

const place = document.querySelector("#onstage");

/** Puts a question on stage, or takes it off once it has gone elsewhere. */
export function onstage(question) {
  if (question.state !== "on_stage") {
    if (place.dataset.id !== String(question.id)) return;
    place.hidden = true;
    delete place.dataset.id;
    return;
  }
  if (question.html === undefined) return;
  place.dataset.id = question.id;
  const said = place.querySelector(".said");
  said.innerHTML = question.html;
  said.classList.toggle("long", question.body.length > 160);
  showAuthor(place.querySelector(".by"), question.author, groups, TEXTS.anonymous);
  place.hidden = false;
}
