"""Authors of archived messages: members known by their e-mail address, or unclaimed authors made for it."""

from collections.abc import Sequence
from hashlib import blake2b

from forum.archive.shapes import PostToInsert
from members.accounts.unclaimed import find_or_create_archive_author
from storage.database import Transaction
from storage.statements import statement

SELECT_AUTHORS_BY_ADDRESS = statement("""
SELECT email, id FROM members WHERE email = ANY(CAST(:addresses AS text[]))
AND (email_verified_at IS NOT NULL OR NOT is_claimed) ORDER BY is_claimed FOR KEY SHARE
""")


def author_address(post: PostToInsert) -> str:
    """Return the e-mail address that identifies the author, or one made from the name, which nobody can ever verify."""
    return post.address or f"{blake2b(post.name.encode(), digest_size=10).hexdigest()}@unknown.invalid"


async def find_or_insert_authors(
    tx: Transaction, posts: Sequence[PostToInsert]
) -> tuple[dict[str, int], int]:
    """Return the member ids of the authors by address, and how many authors were inserted."""
    addresses = list({author_address(post) for post in posts})
    rows = await tx.rows(SELECT_AUTHORS_BY_ADDRESS, addresses=addresses)
    authors = {row["email"]: row["id"] for row in rows}
    added = 0
    for post in posts:
        address = author_address(post)
        if address not in authors:
            authors[address] = await find_or_create_archive_author(tx, address, post.name, post.at)
            added += 1
    return authors, added
