"""The list of accounts with its filters, and everything about one account."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from administration.shapes import AccountDetails, AccountFilter, AccountPage, ListedAccount
from core import clock
from core.actor import Actor
from core.ids import MemberId
from members.accounts.erasure import FORMER_HANDLE
from members.accounts.erasure_requests import find_erasure
from members.accounts.operator import get_account
from members.policy import ensure_can_administer
from members.profiles.profiles import read_member
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import statement

PAGE = 50
RECENTLY = timedelta(days=7)
_MAX_ID = 2**63 - 1
_Id = Annotated[int, Meta(ge=0, le=_MAX_ID)]
# Authors of archives have no account, and the one who stands for all former members has neither.
_SELECT_LISTED_ACCOUNTS = statement("""
SELECT m.id, m.handle, m.display_name, m.stakeholder_group AS "group", m.joined_at, s.seen_at, m.is_claimed,
    m.email_verified_at IS NOT NULL AS is_verified, m.failing_since IS NOT NULL AS is_failing,
    ARRAY(SELECT d.duty FROM duties d WHERE d.member_id = m.id ORDER BY d.duty) AS duties,
    x.suspended_until, CASE WHEN m.silenced_until > :now THEN m.silenced_until END AS silenced_until, e.due_at AS leaves_at
FROM members m
LEFT JOIN LATERAL (SELECT max(seen_at) AS seen_at FROM sessions WHERE member_id = m.id AND ends_at > :now) s ON true
LEFT JOIN LATERAL (SELECT max(until) AS suspended_until FROM sanctions
    WHERE member_id = m.id AND action = 'suspend' AND ended_at IS NULL AND until > :now) x ON true
LEFT JOIN erasures e ON e.member_id = m.id AND e.ended_at IS NULL
WHERE m.id < :before AND m.handle <> :former AND m.is_claimed = (CAST(:state AS text) IS DISTINCT FROM 'author')
    AND (:words = '' OR position(lower(:words) IN lower(concat_ws(' ', m.handle, m.display_name, m.email))) > 0)
    AND (CAST(:group AS text) IS NULL OR m.stakeholder_group = :group)
    AND CASE CAST(:role AS text) WHEN 'none' THEN NOT EXISTS (SELECT FROM duties d WHERE d.member_id = m.id)
        ELSE CAST(:role AS text) IS NULL
            OR EXISTS (SELECT FROM duties d WHERE d.member_id = m.id AND d.duty = :role) END
    AND CASE CAST(:seen AS text) WHEN 'recently' THEN s.seen_at >= :week WHEN 'away' THEN s.seen_at IS NULL ELSE true END
    AND CASE CAST(:state AS text) WHEN 'unverified' THEN m.email_verified_at IS NULL
        WHEN 'unreachable' THEN m.failing_since IS NOT NULL WHEN 'suspended' THEN x.suspended_until IS NOT NULL
        WHEN 'silenced' THEN m.silenced_until > :now WHEN 'leaving' THEN e.due_at IS NOT NULL ELSE true END
ORDER BY m.id DESC LIMIT :count
""")
_SELECT_ACCOUNT_FACTS = statement("""
SELECT m.stakeholder_group AS "group", m.failing_address, CASE WHEN m.silenced_until > :now THEN m.silenced_until END
    AS silenced_until, (SELECT count(*) FROM sessions s WHERE s.member_id = m.id AND s.ends_at > :now) AS sessions
FROM members m WHERE m.id = :member
""")


async def read_accounts(
    tx: Reader, actor: Actor, only: AccountFilter, after: str | None = None
) -> AccountPage:
    """Return one page of accounts, the newest first; raise AdministratorsOnly."""
    ensure_can_administer(actor)
    [before] = decode_cursor(after, tuple[_Id]) if after is not None else [_MAX_ID]
    now = clock.now()
    rows = await tx.rows(
        _SELECT_LISTED_ACCOUNTS,
        before=before,
        former=FORMER_HANDLE,
        now=now,
        week=now - RECENTLY,
        count=PAGE + 1,
        words=only.words.strip(),
        state=only.state,
        role=only.role,
        group=only.group,
        seen=only.seen,
    )
    following = encode_cursor(rows[PAGE - 1]["id"]) if len(rows) > PAGE else None
    return AccountPage([ListedAccount(**row) for row in rows[:PAGE]], following)


async def read_account(tx: Reader, actor: Actor, handle: str) -> AccountDetails:
    """Return one account; raise AdministratorsOnly or NotFound."""
    ensure_can_administer(actor)
    account = await get_account(tx, handle)
    member = MemberId(account.id)
    facts = await tx.row(_SELECT_ACCOUNT_FACTS, member=member, now=clock.now())
    assert facts is not None
    roles = (await read_member(tx, member)).duties
    return AccountDetails(account=account, roles=roles, erasure=await find_erasure(tx, member), **facts)
