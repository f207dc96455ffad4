"""Erasure from editions: they stay as they were published, but for the names of people who no longer want to be in them.

The hash stays that of the published text: whoever kept the file can still prove what it said.
"""

import zlib
from collections.abc import Set

import msgspec

from boards.editions.editions import EditionContent, canonical_json, without_content
from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

SELECT_EDITIONS_WITH_MEMBER = statement("""
SELECT board_id, number, content FROM editions WHERE board_id IN (
    SELECT e.board_id FROM entries e JOIN entry_contributors c ON c.entry_id = e.id WHERE c.member_id = :member
    UNION SELECT board_id FROM entries WHERE author_id = :member
) ORDER BY board_id, number FOR UPDATE
""")
SELECT_NAMES_OF_CO_AUTHORS = statement("""
SELECT e.id, array_remove(array_agg(m.display_name), NULL) AS others
FROM entries e LEFT JOIN entry_contributors o ON o.entry_id = e.id AND o.member_id <> :member
LEFT JOIN members m ON m.id = o.member_id
WHERE e.author_id = :member OR EXISTS (
    SELECT FROM entry_contributors c WHERE c.entry_id = e.id AND c.member_id = :member)
GROUP BY e.id
""")
# The trigger that protects editions lets only this through, and only in this transaction.
SET_ERASING = statement("SELECT set_config('tertulia.erasing', :value, true)")
UPDATE_EDITION_WITHOUT_NAME = statement(
    "UPDATE editions SET content = :content WHERE board_id = :board AND number = :number"
)


async def unname_editions(tx: Transaction, erasure: Erasure, deleted: Set[int], former_name: str) -> None:
    """Take the member's name out of all editions, and the content of these deleted entries.

    Call it before the member is removed from the contributors. An edition lists names and not ids, so every name in an
    entry of the member that no other contributor has today is taken for an earlier name of the member.
    """
    editions = await tx.rows(SELECT_EDITIONS_WITH_MEMBER, member=erasure.member)
    if not editions:
        return
    rows = await tx.rows(SELECT_NAMES_OF_CO_AUTHORS, member=erasure.member)
    others = {row["id"]: set(row["others"]) for row in rows}
    await tx.value(SET_ERASING, value="on")
    for edition in editions:
        content = msgspec.json.decode(zlib.decompress(edition["content"]), type=EditionContent)
        entries = [
            without_content(entry)
            if entry.id in deleted
            else msgspec.structs.replace(
                entry,
                contributors=[
                    name if entry.id not in others or name in others[entry.id] else former_name
                    for name in entry.contributors
                ],
            )
            for entry in content.entries
        ]
        changed = msgspec.structs.replace(content, entries=entries)
        await tx.run(
            UPDATE_EDITION_WITHOUT_NAME,
            content=zlib.compress(canonical_json(changed), 9),
            board=edition["board_id"],
            number=edition["number"],
        )
    await tx.value(SET_ERASING, value="off")
