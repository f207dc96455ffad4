"""Consents: which versions of the community rules, the privacy notice and the terms a member accepted when joining."""

from core import clock
from core.errors import Invalid
from core.ids import MemberId
from core.languages.texts import translatable
from storage.database import Reader, Transaction
from storage.statements import statement

# The table of community pages belongs to a capability above this one.
_SELECT_TO_ACCEPT = statement("""
SELECT page, version FROM (
    SELECT DISTINCT ON (page) page, version, texts FROM community_pages WHERE page IN ('rules', 'privacy', 'terms')
    ORDER BY page, version DESC) newest
WHERE texts <> '{}'
""")
_INSERT_CONSENT = statement("""
INSERT INTO consents (member_id, page, version, given_at) VALUES (:member, :page, :version, :now)
""")


class RulesNotAccepted(Invalid):
    """The community has community rules, a privacy notice or terms, and whoever joins has to accept them."""

    message = translatable("Please read and accept the rules of the community first.")


async def ensure_accepted(tx: Reader, is_accepted: bool) -> None:
    """Raise RulesNotAccepted if there is something to accept and it was not."""
    if not is_accepted and await tx.rows(_SELECT_TO_ACCEPT):
        raise RulesNotAccepted(field="accepted")


async def record_consents(tx: Transaction, member: MemberId) -> None:
    """Record that a member accepts the versions in force."""
    for row in await tx.rows(_SELECT_TO_ACCEPT):
        await tx.run(
            _INSERT_CONSENT, member=member, page=row["page"], version=row["version"], now=clock.now()
        )
