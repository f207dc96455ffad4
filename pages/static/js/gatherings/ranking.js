// The order of questions as the server has it, followed between two readings of the page. Its numbers are the server's.

const { z: Z, halvedAfter: HALVED_AFTER, lift: LIFT } = JSON.parse(document.body.dataset.ranking);

const asked = (item) => Date.parse(item.querySelector(".by time")?.dateTime) || 0;
const settled = (item) => Date.parse(item.querySelector(".state time")?.dateTime) || 0;
const votes = (item) => Number(item.dataset.votes);

/** The items in the order given: those on the shortlist by the hosts' hand, then the others. */
export function ordered(items, order, voters) {
  const most = Math.max(voters, ...items.map(votes));
  const scores = new Map(
    items.map((item) => [item, score(votes(item), most, minutes(item), Number(item.dataset.balance || 1))]),
  );
  const ways = {
    newest: (one, other) => asked(other) - asked(one),
    votes: (one, other) => votes(other) - votes(one) || one.dataset.id - other.dataset.id,
    // Among equals, which here are those of the same second, they stay as they stand.
    best: (one, other) => scores.get(other) - scores.get(one),
    answered: (one, other) => settled(other) - settled(one),
  };
  const line = items
    .filter((item) => item.dataset.state === "shortlisted")
    .sort((one, other) => one.dataset.place - other.dataset.place);
  return [...line, ...items.filter((item) => item.dataset.state !== "shortlisted").sort(ways[order])];
}

/** How soon a question comes that so many of so many voters want, asked so many minutes ago. */
export function score(wanted, voters, minutes, balance) {
  return (lowerBound(wanted + 1, Math.max(voters, wanted) + 1) / (1 + minutes / HALVED_AFTER)) * balance;
}

/** What a group counts for, by which were heard. */
export const balance = (group, heard) => (group && heard.length && !heard.includes(group) ? 1 + LIFT : 1);

function minutes(item) {
  return Math.max(0, (Date.now() - asked(item)) / 60000);
}

function lowerBound(wanted, all) {
  const [share, z2] = [wanted / all, Z * Z];
  return Math.max(
    0,
    (share + z2 / (2 * all) - Z * Math.sqrt((share * (1 - share) + z2 / (4 * all)) / all)) / (1 + z2 / all),
  );
}
