// A poll that is opened or closed while one looks is made of what its event says, so that not everybody reads it at once.

import { gettext, ngettext, number, parts, pgettext, showCounted } from "../shell/texts.js";

const sample = (kind, what) =>
  document.querySelector(`#poll-samples [data-${what}="${kind}"]`)?.content.cloneNode(true);
const made = (tag, more = {}) => Object.assign(document.createElement(tag), more);

/** A poll's part of the page, without what is one's own; the caller draws `results`. Nothing without samples. */
export function sectionFor(poll) {
  if (!sample(poll.kind, "ballot")) return null;
  const section = made("section", { className: "poll", id: `poll${poll.id}` });
  Object.assign(section.dataset, { id: poll.id, version: poll.version, state: poll.state });
  section.setAttribute("aria-labelledby", `poll${poll.id}-title`);
  section.append(
    made("h2", { id: `poll${poll.id}-title`, dir: "auto", textContent: poll.title }),
    facts(poll),
  );
  if (poll.state === "open") section.append(ballotOf(poll));
  if (poll.results) section.append(outcomeOf(poll));
  return section;
}

function facts(poll) {
  const line = made("p", { className: "facts" });
  const [state, answered, count] = [made("span"), made("span"), made("b")];
  const isOpen = poll.state === "open";
  const word = isOpen ? pgettext("poll", "Open") : pgettext("poll", "Closed");
  state.append(made("span", { className: `state ${isOpen ? "live" : "done"}`, textContent: word }));
  count.dataset.ballots = "";
  answered.append(count);
  turnout(count, poll.ballots);
  line.append(state, answered);
  if (isOpen && poll.reveals === "closed")
    line.append(made("span", { textContent: gettext("results after it is closed") }));
  return line;
}

/** Says how many have answered: the number stands in its own element, within the sentence. */
export function turnout(count, ballots) {
  count.textContent = number(ballots);
  // NOTE: How many people answered a poll; %(count)s is a number.
  const said = ngettext("%(count)s answered", "%(count)s answered", ballots);
  showCounted(count.parentElement, said, count);
}

function ballotOf(poll) {
  const part = sample(poll.kind, "ballot");
  const form = part.querySelector("form");
  // Who may not answer is told why.
  if (!form) return part;
  form.action = form.getAttribute("action").replace("/polls/0/", `/polls/${poll.id}/`);
  if (!poll.by_group) form.querySelector("[data-by-group]").remove();
  const asked = question(poll);
  if (asked) form.querySelector("legend").replaceChildren(...asked);
  FILL[poll.kind](form, poll);
  return part;
}

const FILL = {
  single: options,
  several: options,
  ranked(form, poll) {
    for (const choice of form.querySelectorAll("select option[value='']"))
      choice.parentElement.replaceChildren(
        choice,
        ...poll.options.map((_, place) => made("option", { textContent: place + 1 })),
      );
    rows(form, ".rank", poll.options, (row, option, place) => {
      row.querySelector("select").name = `rank-${place}`;
      row.querySelector("span").textContent = option;
    });
  },
  scale(form, poll) {
    rows(form, ".points > label", pointsOf(poll), (row, point) => {
      row.querySelector("input").setAttribute("value", point);
      row.querySelector("span").textContent = number(point);
    });
  },
  words(form, poll) {
    rows(form, ".pair > label", [...Array(poll.settings.most)], (row, _, place) => {
      row.querySelector("span").textContent = gettext("Word %(number)s", { number: number(place + 1) });
    });
  },
};

function options(form, poll) {
  rows(form, ".check", poll.options, (row, option, place) => {
    row.querySelector("input").setAttribute("value", place);
    row.querySelector("span").textContent = option;
  });
}

function outcomeOf(poll) {
  const part = sample(poll.kind, "outcome");
  if (poll.kind === "words") return part;
  part.querySelector("caption").textContent = gettext("Results of %(poll)s", {
    poll: poll.title,
  });
  const labels = poll.options.length ? poll.options : pointsOf(poll).map(number);
  rows(part, "tbody tr", labels, (row, label, place) => {
    row.dataset.place = place;
    row.querySelector("th bdi").textContent = label;
  });
  if (poll.kind !== "ranked") return part;
  part.querySelector(".outcome > .hint").textContent = ngettext(
    "A first place counts %(num)s point, and each next place one point less. An option that somebody left out gets no points.",
    "A first place counts %(num)s points, and each next place one point less. An option that somebody left out gets no points.",
    labels.length - 1,
  );
  const points = (row) => poll.results.points[row.dataset.place];
  part
    .querySelector("tbody")
    .append(...[...part.querySelectorAll("tbody tr")].sort((one, other) => points(other) - points(one)));
  return part;
}

// As many rows as there are things to show, all like the first.
function rows(of, selector, shown, fill) {
  const [first, ...others] = of.querySelectorAll(selector);
  for (const other of others) other.remove();
  first.after(...shown.slice(1).map(() => first.cloneNode(true)));
  for (const [place, row] of [...of.querySelectorAll(selector)].entries()) fill(row, shown[place], place);
}

function pointsOf({ settings: { low, high } }) {
  return Array.from({ length: high - low + 1 }, (_, step) => low + step);
}

// What a poll asks for, where that depends on its settings; the sample says the rest.
function question({ kind, settings: { most, low, high, low_label, high_label } }) {
  // NOTE: How many options one can choose.
  if (kind === "several") return [ngettext("Choose up to %(num)s.", "Choose up to %(num)s.", most)];
  if (kind === "words") return [ngettext("Give up to %(num)s word.", "Give up to %(num)s words.", most)];
  if (kind !== "scale") return null;
  if (!low_label && !high_label) return [gettext("Choose a point.")];
  // NOTE: Numbers on a scale, which can have a label in brackets: from 1 (never) to 5 (always).
  return parts(gettext("Choose a point, from %(low)s to %(high)s."), {
    low: end(low, low_label),
    high: end(high, high_label),
  });
}

function end(point, label) {
  const shown = made("span", { textContent: number(point) });
  if (label) shown.append(" (", made("bdi", { textContent: label }), ")");
  return shown;
}
