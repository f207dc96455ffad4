"""Matches: the records of which rules caught which posts and profiles, and whether the decisions agreed."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from moderation.rules.findings import read_reason
from moderation.shapes import ObjectReference
from moderation.shapes_matches import Passage, RuleMatch
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_MATCHES = statement("""
SELECT CASE WHEN x.post_id IS NULL THEN 'profile' ELSE 'post' END AS kind, coalesce(x.post_id, x.member_id) AS subject,
    x.rule_id, r.name, x.action, x.why, x.passages, x.matched_at, x.outcome
FROM rule_matches x JOIN rules r ON r.id = x.rule_id
WHERE x.post_id = ANY(CAST(:posts AS bigint[])) OR x.member_id = ANY(CAST(:members AS bigint[])) ORDER BY x.id
""")
UPDATE_MATCHES_OUTCOME = statement("""
UPDATE rule_matches SET outcome = :outcome WHERE CAST(:kind AS text) = 'post' AND post_id = :subject
    OR CAST(:kind AS text) = 'profile' AND member_id = :subject
""")


async def read_matches(
    tx: Reader, subjects: Iterable[ObjectReference]
) -> dict[ObjectReference, list[RuleMatch]]:
    """Return the matches of posts and profiles by their references, for moderators and hosts."""
    of_kind: dict[str, list[int]] = defaultdict(list)
    for subject in subjects:
        of_kind[subject.kind].append(subject.id)
    found: dict[ObjectReference, list[RuleMatch]] = defaultdict(list)
    for row in await tx.rows(SELECT_MATCHES, posts=of_kind["post"], members=of_kind["profile"]):
        found[ObjectReference(row["kind"], row["subject"])].append(
            RuleMatch(
                rule=row["rule_id"],
                name=row["name"],
                action=row["action"],
                why=read_reason(row["why"]),
                passages=msgspec.convert(row["passages"], list[Passage]),
                at=row["matched_at"],
                outcome=row["outcome"],
            )
        )
    return found


async def set_match_outcome(tx: Transaction, subject: ObjectReference, outcome: str | None) -> None:
    """Record whether a decision upholds or overturns the rules that caught a post or profile; None if it was undone."""
    await tx.run(UPDATE_MATCHES_OUTCOME, kind=subject.kind, subject=subject.id, outcome=outcome)
