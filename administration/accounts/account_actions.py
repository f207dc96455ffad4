"""What administrators do with an account: each needs the role, and is in the audit log."""

from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from forum.archive.author_claims import claim_posts
from forum.writing.reactions import delete_reactions_to_own_posts
from members.accounts import operator
from members.accounts.erasure_requests import (
    ErasureChoices,
    PendingErasure,
    cancel_erasure_of,
    request_erasure_of,
)
from members.accounts.sessions import end_all_sessions
from members.policy import ensure_can_administer
from members.profiles.duties import find_administrators, find_member
from moderation.decisions.operator import suspend_member
from moderation.sanctions.policy import TakeDutyFirst
from moderation.shapes import Decision, Reason
from storage.database import Transaction
from storage.statements import statement

# An author of an archive has an address; the one who stands for former members has none.
_LOCK_AUTHOR = statement("""
SELECT id FROM members WHERE id = :member AND NOT is_claimed AND email IS NOT NULL FOR UPDATE
""")


async def verify_account(tx: Transaction, actor: Actor, handle: str) -> None:
    """Mark the address of a member as verified, because the administrator knows whose it is; raise NotFound, NoAddress or
    AddressTaken."""
    ensure_can_administer(actor)
    member = await operator.verify_account(tx, handle)
    tx.audit("address_verified", actor.id, member=member)


async def end_sessions_of(tx: Transaction, actor: Actor, handle: str) -> None:
    """Sign a member out everywhere; raise NotFound."""
    ensure_can_administer(actor)
    member = await find_member(tx, handle)
    await end_all_sessions(tx, member)
    tx.audit("signed_out", actor.id, member=member)


async def send_password_link(tx: Transaction, actor: Actor, handle: str) -> None:
    """Send a member a link for a new password; raise NotFound or NoVerifiedAddress.

    Nobody but the member sees it: whoever opens it first has the account.
    """
    ensure_can_administer(actor)
    member = await operator.mail_password_link(tx, handle)
    tx.audit("password_link_sent", actor.id, member=member)


async def suspend_account(tx: Transaction, actor: Actor, handle: str, days: int, reason: Reason) -> Decision:
    """Suspend a member everywhere, as a decision with its reasons that the member can appeal; raise NotFound or
    TakeDutyFirst."""
    ensure_can_administer(actor)
    return await suspend_member(tx, actor, handle, days, reason)


async def request_account_erasure(
    tx: Transaction, actor: Actor, handle: str, choices: ErasureChoices
) -> PendingErasure:
    """Delete an account after the waiting time, in which the member, who is told, and administrators can cancel it.

    Raises NotFound or TakeDutyFirst.
    """
    ensure_can_administer(actor)
    member = await _find_erasable(tx, handle)
    pending = await request_erasure_of(tx, member, choices)
    tx.audit("erasure_asked", actor.id, member=member, deletes=choices.deletes)
    return pending


async def cancel_account_erasure(tx: Transaction, actor: Actor, handle: str) -> None:
    """Keep an account that was to be deleted; raise NotFound if it was not, or if that has begun."""
    ensure_can_administer(actor)
    member = await operator.find_account(tx, handle)
    await cancel_erasure_of(tx, member)
    tx.audit("erasure_cancelled", actor.id, member=member)


async def merge_author(tx: Transaction, actor: Actor, handle: str, author: str) -> None:
    """Make a member the author of all posts by an author of an archive, who goes; raise NotFound."""
    ensure_can_administer(actor)
    member = await find_member(tx, handle)
    unclaimed = await tx.value(_LOCK_AUTHOR, member=await operator.find_account(tx, author))
    if unclaimed is None:
        raise NotFound
    await claim_posts(tx, member, MemberId(unclaimed))
    await delete_reactions_to_own_posts(tx, member)
    tx.audit("author_merged", actor.id, member=member, author=unclaimed)


async def _find_erasable(tx: Transaction, handle: str) -> MemberId:
    """Return the id of a member or author of an archive who can be erased."""
    account = await operator.get_account(tx, handle)
    if account.id in await find_administrators(tx):
        raise TakeDutyFirst
    if not account.is_claimed and account.email is None:
        raise NotFound
    return MemberId(account.id)
