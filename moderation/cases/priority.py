"""The priority of a case: a score from the number of flags, the past accuracy of the reporters, and the severity.

The score does not order the queue: moderators see it together with its reasons. The queue is ordered by danger to a
person, then rooms that are open now, then age.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from asyncpg import Record
from msgspec import Struct

from core.languages.texts import gettext, ngettext
from moderation.shapes import FlagReason
from storage.database import Reader
from storage.statements import statement

SEVERITY: Mapping[FlagReason, int] = {
    "danger": 10,
    "child_abuse": 10,
    "illegal": 6,
    "private": 4,
    "abusive": 4,
    "misleading": 2,
    "spam": 2,
    "off_topic": 1,
    "other": 1,
}
# From MIN_READERS readers the number is shown; MAX_READERS readers double the score, and more are not counted.
MIN_READERS, MAX_READERS = 10, 200
# The prior for reporters without a record: 1.4 of 2 flags upheld. Their own decided flags are added to it.
_PRIOR_UPHELD, _PRIOR_DECIDED = 1.4, 2.0

SELECT_FLAGS_WITH_RECORD = statement("""
SELECT f.case_id, f.reason, coalesce(record.decided, 0) AS decided, coalesce(record.upheld, 0) AS upheld
FROM flags f LEFT JOIN LATERAL (
    SELECT count(*) AS decided, count(*) FILTER (
        WHERE d.action NOT IN ('no_action', 'approve', 'approve_edited') AND d.reversed_at IS NULL) AS upheld
    FROM flags g JOIN decisions d ON d.case_id = g.case_id AND d.undone_at IS NULL
    WHERE g.member_id = f.member_id AND g.case_id <> f.case_id
) record ON true
WHERE f.case_id = ANY(CAST(:ids AS bigint[]))
""")
SELECT_CASE_REACH = statement("""
SELECT o.case_id AS id, EXISTS (SELECT FROM rooms r WHERE r.topic_id = o.topic_id AND r.state = 'open') AS is_live,
    (SELECT count(*) FROM (SELECT FROM readings r WHERE r.topic_id = o.topic_id LIMIT :most) AS read) AS readers
FROM case_subjects o WHERE o.case_id = ANY(CAST(:ids AS bigint[]))
""")


class CasePriority(Struct, frozen=True):
    """The score of a case, and the reasons for it in words."""

    score: float
    words: list[str]


async def compute_priorities(tx: Reader, ids: Sequence[int]) -> dict[int, CasePriority]:
    """Return the priority of each of these cases, by case id."""
    flags: dict[int, list[Record]] = defaultdict(list)
    for row in await tx.rows(SELECT_FLAGS_WITH_RECORD, ids=list(ids)):
        flags[row["case_id"]].append(row)
    reach = {row["id"]: row for row in await tx.rows(SELECT_CASE_REACH, ids=list(ids), most=MAX_READERS)}
    return {case: _case_priority(flags[case], reach.get(case)) for case in ids}


def reporter_accuracy(decided: int, upheld: int) -> float:
    """Return the estimated share of a reporter's flags that are upheld, between 0 and 1. With few decided flags the
    estimate stays near the prior of 70 percent."""
    return (upheld + _PRIOR_UPHELD) / (decided + _PRIOR_DECIDED)


def _case_priority(flags: Sequence[Record], reach: Record | None) -> CasePriority:
    severity = max((SEVERITY.get(flag["reason"], 1) for flag in flags), default=1)
    accuracies = [reporter_accuracy(flag["decided"], flag["upheld"]) for flag in flags]
    readers, is_live = (reach["readers"], reach["is_live"]) if reach else (0, False)
    score = round(severity * sum(accuracies) * (1 + readers / MAX_READERS) * (2 if is_live else 1), 1)
    words = _flag_reasons(flags, accuracies)
    if readers >= MAX_READERS:
        words.append(
            ngettext("read by %(num)s member or more", "read by %(num)s members or more", MAX_READERS)
        )
    elif readers >= MIN_READERS:
        words.append(ngettext("read by %(num)s member", "read by %(num)s members", readers))
    if is_live:
        words.append(gettext("in a room that is open now"))
    return CasePriority(score, words)


def _flag_reasons(flags: Sequence[Record], accuracies: Sequence[float]) -> list[str]:
    count = len(flags)
    if not count:
        return [gettext("not reported by anyone")]
    words = [ngettext("reported once", "reported %(num)s times", count)]
    known = [share for flag, share in zip(flags, accuracies, strict=True) if flag["decided"] >= 3]
    if known and max(known) >= 0.8:
        words.append(gettext("by a reporter who is usually right"))
    elif known and len(known) == count and max(known) < 0.4:
        words.append(gettext("only by reporters who are usually wrong"))
    if any(flag["reason"] in ("danger", "child_abuse") for flag in flags):
        # NOTE: What was reported is serious, such as a danger to somebody.
        words.append(gettext("severe"))
    return words
