"""Matches: the records of which rules caught which posts, and whether the decisions agreed."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from moderation.shapes_matches import Passage, RuleMatch
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_MATCHES = statement("""
SELECT x.post_id, x.rule_id, r.name, x.action, x.why, x.passages, x.matched_at, x.outcome
FROM rule_matches x JOIN rules r ON r.id = x.rule_id WHERE x.post_id = ANY(CAST(:posts AS bigint[])) ORDER BY x.id
""")
UPDATE_MATCHES_OUTCOME = statement("UPDATE rule_matches SET outcome = :outcome WHERE post_id = :post")


async def read_matches(tx: Reader, posts: Sequence[int]) -> dict[int, list[RuleMatch]]:
    """Return the matches of these posts by post id, for moderators and hosts."""
    found: dict[int, list[RuleMatch]] = defaultdict(list)
    for row in await tx.rows(SELECT_MATCHES, posts=list(posts)):
        found[row["post_id"]].append(
            RuleMatch(
                rule=row["rule_id"],
                name=row["name"],
                action=row["action"],
                why=row["why"],
                passages=msgspec.convert(row["passages"], list[Passage]),
                at=row["matched_at"],
                outcome=row["outcome"],
            )
        )
    return found


async def set_match_outcome(tx: Transaction, post_id: int, outcome: str | None) -> None:
    """Record whether a decision upholds or overturns the rules that caught a post; None if the decision was undone."""
    await tx.run(UPDATE_MATCHES_OUTCOME, post=post_id, outcome=outcome)
