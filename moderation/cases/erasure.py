"""Which open cases and appeals still need data of a member who is to be erased."""

from msgspec import Struct

from storage.database import Reader
from storage.statements import statement

# A case is needed while it is open or while an appeal waits for an answer, if the member wrote what it is about, flagged or
# reported it, or appealed.
SELECT_HELD_CASES = statement("""
SELECT c.id, c.object_kind, c.object_id, s.author_id = :member AS is_about
FROM cases c JOIN case_subjects s ON s.case_id = c.id
WHERE (c.state = 'open' OR EXISTS (
        SELECT FROM appeals a JOIN decisions d ON d.id = a.decision_id WHERE d.case_id = c.id AND a.outcome IS NULL))
    AND (s.author_id = :member
        OR EXISTS (SELECT FROM flags f WHERE f.case_id = c.id AND f.member_id = :member)
        OR EXISTS (SELECT FROM reports r WHERE r.case_id = c.id AND (r.member_id = :member OR r.email = :email))
        OR EXISTS (SELECT FROM appeals a JOIN decisions d ON d.id = a.decision_id
            WHERE d.case_id = c.id AND a.member_id = :member AND a.outcome IS NULL))
ORDER BY c.id
""")


class HeldCases(Struct, frozen=True):
    """The cases that still need data of a member, and the posts, topics and files of the member that they are about."""

    cases: list[int]
    posts: list[int]
    topics: list[int]
    files: list[int]


async def find_held_cases(tx: Reader, member: int, email: str | None) -> HeldCases:
    """Return what has to stay of a member until cases end; `email` is the verified address, for reports without account."""
    rows = await tx.rows(SELECT_HELD_CASES, member=member, email=email)
    about: dict[str, list[int]] = {"post": [], "topic": [], "file": [], "profile": []}
    for row in rows:
        if row["is_about"]:
            about[row["object_kind"]].append(row["object_id"])
    return HeldCases([row["id"] for row in rows], about["post"], about["topic"], about["file"])
