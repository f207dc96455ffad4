// A poll that is opened or closed while one looks is made of what its event says, so that not everybody reads it at once.

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
  const [state, answered] = [made("span"), made("span")];
  const [look, word] = { open: ["live", "Open"], closed: ["done", "Closed"] }[poll.state];
  state.append(made("span", { className: `state ${look}`, textContent: word }));
  const number = made("b", { textContent: poll.ballots });
  number.dataset.ballots = "";
  answered.append(number, " answered");
  line.append(state, answered);
  if (poll.state === "open" && poll.reveals === "closed")
    line.append(made("span", { textContent: "results after it is closed" }));
  return line;
}

function ballotOf(poll) {
  const part = sample(poll.kind, "ballot");
  const form = part.querySelector("form");
  // Who may not answer is told why.
  if (!form) return part;
  form.action = form.getAttribute("action").replace("/polls/0/", `/polls/${poll.id}/`);
  if (!poll.by_group) form.querySelector("[data-by-group]").remove();
  spell(form, poll);
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
      row.querySelector("span").textContent = point;
    });
  },
  words(form, poll) {
    rows(form, ".pair > label", [...Array(poll.settings.most)], (row, _, place) => {
      row.querySelector("span").textContent = `Word ${place + 1}`;
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
  part.querySelector("caption").textContent = `Results of ${poll.title}`;
  spell(part, poll);
  rows(part, "tbody tr", poll.options.length ? poll.options : pointsOf(poll), (row, label, place) => {
    row.dataset.place = place;
    row.querySelector("th").textContent = label;
  });
  if (poll.kind !== "ranked") return part;
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

// The numbers and words in what is said about a poll.
function spell(part, { kind, options, settings: { most, low, high, low_label, high_label } }) {
  const top = options.length - 1;
  const said = {
    most,
    words: most === 1 ? "word" : "words",
    top: `${top} ${top === 1 ? "point" : "points"}`,
  };
  for (const one of part.querySelectorAll("[data-say]")) one.textContent = said[one.dataset.say];
  const ends = part.querySelector("[data-ends]");
  if (!ends || kind !== "scale") return;
  if (!low_label && !high_label) return ends.remove();
  const end = (point, label) =>
    label ? [`${point} (`, made("bdi", { textContent: label }), ")"] : [`${point}`];
  ends.replaceChildren(", from ", ...end(low, low_label), " to ", ...end(high, high_label));
}
