"""Matches: what rules caught, as cases show it, and whether whoever decided agreed."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from moderation.shapes_matches import Passage, RuleMatch
from storage.database import Reader, Transaction
from storage.statements import statement

_OF = statement("""
SELECT x.post_id, x.rule_id, r.name, x.action, x.why, x.passages, x.matched_at, x.outcome
FROM rule_matches x JOIN rules r ON r.id = x.rule_id WHERE x.post_id = ANY(CAST(:posts AS bigint[])) ORDER BY x.id
""")
_SETTLE = statement("UPDATE rule_matches SET outcome = :outcome WHERE post_id = :post")


async def read_matches(tx: Reader, posts: Sequence[int]) -> dict[int, list[RuleMatch]]:
    """What rules caught of these posts. For moderators."""
    found: dict[int, list[RuleMatch]] = defaultdict(list)
    for row in await tx.rows(_OF, posts=list(posts)):
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


async def settle_matches(tx: Transaction, post_id: int, outcome: str | None) -> None:
    """Write what a decision says about the rules that caught a post; None where it was undone."""
    await tx.run(_SETTLE, post=post_id, outcome=outcome)
