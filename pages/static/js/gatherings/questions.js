// A question in the page: filled from a template that the server rendered, and changed in place.

import { showAuthor } from "../shell/people.js";
import { ngettext, number } from "../shell/texts.js";
import { localise, recentTime } from "../shell/times.js";

const template = document.querySelector("#question-template");
export const groups = JSON.parse(template.dataset.groups);
const { host, room, viewer } = document.body.dataset;
const isHost = host !== undefined;
// What a question looks like is defined once, by the server.
const { states: STATES, voted: VOTED, texts } = JSON.parse(template.dataset.words);
export const TEXTS = texts;

// Why a question stands where it does is said by who ordered it: the server, each time when somebody asks.
document.addEventListener(
  "toggle",
  async ({ target }) => {
    if (!target.open || !target.matches(".why")) return;
    const page = await fetch(location.href)
      .then((answer) => answer.ok && answer.text())
      .catch(() => null);
    if (!page) return;
    const fresh = new DOMParser().parseFromString(page, "text/html");
    const said = fresh.getElementById(target.closest(".asked").id)?.querySelector(".why p");
    if (said) target.querySelector("p").replaceWith(said);
  },
  true,
);

/** A new list element for a question. */
export function elementFor(question) {
  const item = template.content.firstElementChild.cloneNode(true);
  item.id = `q${question.id}`;
  item.dataset.id = question.id;
  draw(item, question);
  return item;
}

/** Lays what is known of a question over what its element shows. */
export function draw(item, question) {
  item.dataset.version = question.version;
  item.dataset.state = question.state;
  item.className = `asked ${question.state}`;
  if (question.html !== undefined) item.querySelector(".said").innerHTML = question.html;
  if (question.asked_at) item.querySelector(".by time").dateTime = question.asked_at;
  if (question.number !== undefined)
    item.querySelector(".in-topic").href = `${template.dataset.topic}/${question.number}#p${question.number}`;
  if (question.mine !== undefined) item.dataset.mine = question.mine ? "1" : "";
  if (question.place !== undefined) item.dataset.place = question.place ?? "";
  if (question.author !== undefined)
    showAuthor(
      item.querySelector(".by"),
      question.author,
      groups,
      item.dataset.mine ? TEXTS.own_anonymous : TEXTS.anonymous,
    );
  if (question.rank !== undefined) item.dataset.balance = question.rank.why.balance;
  if (question.state !== "live") item.querySelector(".why")?.remove();
  state(item, question);
  reason(item, question);
  moves(item, question);
  change(item, question);
  if (question.my_vote !== undefined || item.dataset.mine || !VOTED.includes(question.state))
    pressable(item, question);
  votes(item, question.votes);
  localise(item);
}

/** Shows how many want to hear it. */
export function votes(item, count) {
  item.dataset.votes = count;
  const vote = item.querySelector(".vote");
  // What waits for approval cannot be voted for.
  if (item.dataset.state === "pending") return void vote.replaceChildren();
  if (!vote.firstChild) vote.append(document.createElement("b"), " ", document.createElement("span"));
  vote.querySelector("b").textContent = number(count);
  // NOTE: Stands below the number of votes.
  if (!vote.matches("button")) vote.querySelector("span").textContent = ngettext("vote", "votes", count);
}

/** Marks one's vote as given or not; the button's value is what pressing it would set. */
export function press(item, given) {
  const vote = item.querySelector("button.vote");
  if (!vote) return;
  vote.setAttribute("aria-pressed", String(given));
  vote.value = `vote ${item.dataset.id} ${given ? 0 : 1}`;
  vote.querySelector("span").textContent = given ? TEXTS.voted : TEXTS.vote;
}

function pressable(item, question) {
  const vote = item.querySelector(".vote");
  if (vote.matches("button") && (item.dataset.mine || !VOTED.includes(question.state))) {
    const plain = document.createElement("span");
    plain.className = "vote";
    plain.append(...vote.childNodes);
    vote.replaceWith(plain);
  } else if (question.my_vote !== undefined) press(item, question.my_vote === 1);
}

function state(item, question) {
  item.querySelector(".by .state")?.remove();
  if (!STATES[question.state]) return;
  const [look, word] = STATES[question.state];
  const chip = Object.assign(document.createElement("span"), {
    className: `state ${look}`,
    textContent: question.answered_how === "writing" ? TEXTS.answered_in_writing : word,
  });
  if (question.state === "answered" && question.settled_at) chip.append(" ", recentTime(question.settled_at));
  item.querySelector(".by").append(chip);
}

function reason(item, question) {
  item.querySelector(".reason")?.remove();
  if (question.state !== "dismissed" || !question.reason) return;
  item.querySelector(".what").append(
    Object.assign(document.createElement("p"), {
      className: "reason",
      dir: "auto",
      textContent: question.reason,
    }),
  );
}

/** Shows the places of shortlisted questions, while the room is open. */
export function line(items) {
  if (document.body.dataset.closed !== undefined) return;
  items.forEach((item, at) => {
    const chip = item.querySelector(".by .state");
    if (chip) chip.textContent = at ? TEXTS.place.replace("{place}", number(at + 1)) : TEXTS.next;
  });
}

/** Shows what was answered in writing. */
export function answered(item, post) {
  item.querySelector(".answer")?.remove();
  const place = document.createElement("div");
  place.className = "answer";
  place.innerHTML = '<p class="by"><time data-recent></time></p><div class="said" dir="auto"></div>';
  showAuthor(place.querySelector(".by"), post.author, groups, TEXTS.anonymous);
  place.querySelector("time").dateTime = post.posted_at;
  place.querySelector(".said").innerHTML = post.html;
  item.querySelector(".what").append(place);
  localise(place);
}

function moves(item, question) {
  const can = item.querySelector(".can");
  const focused = can.contains(document.activeElement);
  for (const old of can.querySelectorAll(":scope > button, :scope > a.act:not(.in-topic)")) old.remove();
  const topic = can.querySelector(".in-topic");
  if (topic) topic.hidden = question.state === "pending";
  const waits = ["pending", "live", "shortlisted"].includes(question.state);
  const offered = [];
  if (isHost && ["live", "shortlisted", "on_stage"].includes(question.state))
    offered.push(["answered", TEXTS.answered], ["", TEXTS.dismiss]);
  else if (isHost && ["answered", "dismissed"].includes(question.state)) offered.push(["live", TEXTS.reopen]);
  if (viewer && item.dataset.mine && waits) offered.push(["withdrawn", TEXTS.withdraw]);
  for (const [to, word] of offered) can.append(to ? button(question, to, word) : dismissal(question, word));
  if (focused) can.querySelector("a, button")?.focus({ preventScroll: true });
}

// As long as it waits, who asked may change its words.
function change(item, question) {
  const old = item.querySelector(".change");
  if (question.state !== "pending" || !item.dataset.mine) return void old?.remove();
  // Somebody may be writing in it.
  if (question.body === undefined || old?.open) return;
  const made = document.querySelector("#change-template")?.content.querySelector(".change").cloneNode(true);
  if (!made) return;
  const [label, text] = ["label", "textarea"].map((part) => made.querySelector(part));
  label.htmlFor = text.id = `change-${question.id}`;
  text.defaultValue = question.body;
  made.querySelector("button").value = `edit ${question.id} ${question.version}`;
  if (old) old.replaceWith(made);
  else item.querySelector(".can").append(made);
}

function button(question, to, word) {
  const made = Object.assign(document.createElement("button"), {
    className: "act",
    textContent: word,
    value: `${to} ${question.id} ${question.version}`,
    name: "act",
  });
  made.setAttribute("form", "act");
  return made;
}

function dismissal(question, word) {
  return Object.assign(document.createElement("a"), {
    className: "act",
    textContent: word,
    href: `/r/${room}/host?form=dismiss&q=${question.id}#q${question.id}`,
  });
}
