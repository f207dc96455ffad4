"""How heavy a case is, and why, in words: how many say so, how often they were right before, and what it would mean.

The score orders nothing by itself: whoever decides sees it, and what it is made of. First in the queue is danger to
somebody, then what happens in a room that is open, then what has waited longest.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from asyncpg import Record
from msgspec import Struct

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
MIN_READERS, MAX_READERS = 10, 200
"""Readers: from so many on they are named, and so many make it twice as heavy; more are not counted."""
# Who never reported anything is taken to be right as often as people are: what they said before counts against that.
_PRIOR_RIGHT, _PRIOR = 1.4, 2.0

_FLAGS = statement("""
SELECT f.case_id, f.reason, coalesce(record.decided, 0) AS decided, coalesce(record.upheld, 0) AS upheld
FROM flags f LEFT JOIN LATERAL (
    SELECT count(*) AS decided, count(*) FILTER (
        WHERE d.action NOT IN ('no_action', 'approve', 'approve_edited') AND d.reversed_at IS NULL) AS upheld
    FROM flags g JOIN decisions d ON d.case_id = g.case_id AND d.undone_at IS NULL
    WHERE g.member_id = f.member_id AND g.case_id <> f.case_id
) record ON true
WHERE f.case_id = ANY(CAST(:ids AS bigint[]))
""")
_PLACES = statement("""
SELECT o.case_id AS id, EXISTS (SELECT FROM rooms r WHERE r.topic_id = o.topic_id AND r.state = 'open') AS is_live,
    (SELECT count(*) FROM (SELECT FROM readings r WHERE r.topic_id = o.topic_id LIMIT :most) AS read) AS readers
FROM case_subjects o WHERE o.case_id = ANY(CAST(:ids AS bigint[]))
""")


class CasePriority(Struct, frozen=True):
    """How heavy a case is, and what that is made of."""

    score: float
    words: list[str]


async def compute_priorities(tx: Reader, ids: Sequence[int]) -> dict[int, CasePriority]:
    """How heavy each of these cases is."""
    flags: dict[int, list[Record]] = defaultdict(list)
    for row in await tx.rows(_FLAGS, ids=list(ids)):
        flags[row["case_id"]].append(row)
    places = {row["id"]: row for row in await tx.rows(_PLACES, ids=list(ids), most=MAX_READERS)}
    return {case: _weight(flags[case], places.get(case)) for case in ids}


def reporter_accuracy(decided: int, upheld: int) -> float:
    """How often somebody is right: as often as before, and where there is little of that, as often as people are."""
    return (upheld + _PRIOR_RIGHT) / (decided + _PRIOR)


def _weight(flags: Sequence[Record], place: Record | None) -> CasePriority:
    gravest = max((SEVERITY.get(flag["reason"], 1) for flag in flags), default=1)
    right = [reporter_accuracy(flag["decided"], flag["upheld"]) for flag in flags]
    readers, is_live = (place["readers"], place["is_live"]) if place else (0, False)
    score = round(gravest * sum(right) * (1 + readers / MAX_READERS) * (2 if is_live else 1), 1)
    words = _words(flags, right)
    if readers >= MIN_READERS:
        words.append(
            f"read by {readers} members"
            if readers < MAX_READERS
            else f"read by {MAX_READERS} members or more"
        )
    return CasePriority(score, [*words, *(["in a room that is open now"] if is_live else [])])


def _words(flags: Sequence[Record], right: Sequence[float]) -> list[str]:
    count = len(flags)
    said = (
        ["nobody reported it"]
        if not count
        else ["reported once" if count == 1 else f"reported {count} times"]
    )
    known = [share for flag, share in zip(flags, right, strict=True) if flag["decided"] >= 3]
    if known and max(known) >= 0.8:
        said.append("by somebody who is mostly right")
    elif known and len(known) == count and max(known) < 0.4:
        said.append("only by people who are mostly wrong")
    if any(flag["reason"] in ("danger", "child_abuse") for flag in flags):
        said.append("grave")
    return said
