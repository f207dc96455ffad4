// A question in the page: filled from a template that the server rendered, and changed in place.

import { localise } from "./times.js";

const template = document.querySelector("#question-template");
const groups = JSON.parse(template.dataset.groups);
const { host, viewer } = document.body.dataset;
const isHost = host !== undefined;
const STATES = { answered: ["done", "Answered"], dismissed: ["locked", "Dismissed"], withdrawn: ["locked", "Withdrawn"] };

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
  if (question.number !== undefined) item.querySelector(".in-topic").href = `${template.dataset.topic}/${question.number}#p${question.number}`;
  if (question.mine !== undefined) item.dataset.mine = question.mine ? "1" : "";
  if (question.author !== undefined) asker(item, question.author, Boolean(item.dataset.mine));
  state(item, question.state);
  moves(item, question);
  if (question.my_vote !== undefined || item.dataset.mine || question.state !== "live") pressable(item, question);
  votes(item, question.votes);
  localise(item);
}

/** Shows how many want to hear it. */
export function votes(item, count) {
  item.dataset.votes = count;
  const vote = item.querySelector(".vote");
  vote.querySelector("b").textContent = count;
  if (!vote.matches("button")) vote.querySelector("span").textContent = count === 1 ? "vote" : "votes";
}

/** Marks one's vote as given or not; the button's value is what pressing it would set. */
export function press(item, given) {
  const vote = item.querySelector("button.vote");
  if (!vote) return;
  vote.setAttribute("aria-pressed", String(given));
  vote.value = `vote ${item.dataset.id} ${given ? 0 : 1}`;
  vote.querySelector("span").textContent = given ? "Voted" : "Vote";
}

function pressable(item, question) {
  const vote = item.querySelector(".vote");
  if (vote.matches("button") && (item.dataset.mine || question.state !== "live")) {
    const plain = document.createElement("span");
    plain.className = "vote";
    plain.append(...vote.childNodes);
    vote.replaceWith(plain);
  } else if (question.my_vote !== undefined) press(item, question.my_vote === 1);
}

function asker(item, who, mine) {
  const old = item.querySelector(".who");
  item.querySelector(".group")?.remove();
  const name = document.createElement(who ? "a" : "span");
  name.className = who ? "who" : "who nobody";
  if (!who) name.textContent = mine ? "Anonymous (you)" : "Anonymous";
  else {
    name.href = `/m/${who.handle}`;
    name.append(Object.assign(document.createElement("bdi"), { textContent: who.display_name }));
  }
  old.replaceWith(name);
  if (!who?.group) return;
  name.after(Object.assign(document.createElement("span"), { className: "group", textContent: groups[who.group] ?? who.group }));
}

function state(item, name) {
  item.querySelector(".by .state")?.remove();
  if (!STATES[name]) return;
  const [look, word] = STATES[name];
  item.querySelector(".by").append(Object.assign(document.createElement("span"), { className: `state ${look}`, textContent: word }));
}

function moves(item, question) {
  const can = item.querySelector(".can");
  const focused = can.contains(document.activeElement);
  for (const old of can.querySelectorAll("button")) old.remove();
  const live = question.state === "live";
  const offered = [];
  if (isHost && live) offered.push(["answered", "Mark answered"], ["dismissed", "Dismiss"]);
  else if (isHost && question.state !== "withdrawn") offered.push(["live", "Take up again"]);
  if (viewer && item.dataset.mine && live) offered.push(["withdrawn", "Withdraw"]);
  for (const [to, word] of offered) {
    const button = Object.assign(document.createElement("button"), { className: "act", textContent: word, value: `${to} ${item.dataset.id} ${question.version}` });
    button.setAttribute("form", "act");
    button.name = "act";
    can.append(button);
  }
  if (focused) can.querySelector("a, button")?.focus({ preventScroll: true });
}
