// The hosts' cockpit: what happens in the room comes in, what hosts decide goes out, by keys or buttons alike.

import "../../shell/page.js";
import { follow, reconcile, reread, revisit } from "../../shell/live.js";
import { readNumber } from "../../shell/texts.js";
import { localise } from "../../shell/times.js";
import { order } from "./card_order.js";
import { merging, wire } from "./cockpit_keys.js";
import { ask, close, heard, move, shift, submit } from "./decisions.js";
import { cardOf, claimed, count, groups, totals, votes } from "./question_cards.js";
import { at } from "./question_claims.js";
import { presence, spoke, tick } from "./session_clock.js";

const columns = document.querySelector("#columns");

tick();
wire(columns);
count();

follow({
  event(event) {
    if (event.counts) totals(event.counts);
    if (event.type === "question_claimed" && event.question) {
      const card = cardOf(event.question.id);
      if (card) claimed(card, event.question.claimed_by);
    } else if (event.question) {
      const group = event.question.author?.group ?? cardOf(event.question.id)?.dataset.group;
      heard(event.question);
      if (["on_stage", "answered"].includes(event.question.state)) spoke(group, groups);
      order();
    } else if (event.type?.startsWith("room_")) revisit();
  },
  signal(signal) {
    if (signal.type === "presence") presence(signal, groups);
    if (signal.type !== "votes") return;
    for (const [id, number] of Object.entries(signal.votes)) if (cardOf(id)) votes(cardOf(id), number);
    order();
  },
  async reset() {
    const { page, stream } = await reread();
    for (const list of columns.querySelectorAll(".cards")) reconcile(list, page.getElementById(list.id));
    totals(
      Object.fromEntries(
        [...page.querySelectorAll("h2 .count")].map((one) => [one.dataset.of, readNumber(one.textContent)]),
      ),
    );
    localise(columns);
    count();
    document.body.dataset.voters = page.body.dataset.voters;
    order();
    return stream;
  },
});

// A claim lapses by itself when its holder vanished.
setInterval(() => {
  for (const card of columns.querySelectorAll(".card[data-until]"))
    if (Date.parse(card.dataset.until) < Date.now()) claimed(card, null);
}, 5000);

columns.addEventListener("click", (click) => {
  const card = click.target.closest(".card[data-id]");
  if (!card) return;
  const pressed = click.target.closest("[data-does], [data-move], [data-cancel]");
  if (!pressed)
    return void (
      click.target.closest("a, button, summary, form") ||
      merging(card) ||
      card.focus({ preventScroll: true })
    );
  click.preventDefault();
  pressed.closest("details")?.removeAttribute("open");
  if ("cancel" in pressed.dataset) {
    close(card);
    card.focus({ preventScroll: true });
  } else if (pressed.dataset.form) ask(card, pressed.dataset.form);
  else if (pressed.dataset.move) shift(card, pressed.dataset.move === "up" ? -1 : 1);
  else move(card, pressed.value.split(" ")[0]);
});

columns.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  submit(submitted.target.closest(".card"), submitted.target);
});

columns.addEventListener("focusin", (focus) => at(focus.target.closest(".card")));
columns.addEventListener("focusout", () =>
  setTimeout(() => columns.contains(document.activeElement) || at(null)),
);
