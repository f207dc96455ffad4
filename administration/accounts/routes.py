"""HTTP routes of accounts, for administrators."""

from typing import Annotated

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from administration.accounts import account_actions, account_list
from administration.shapes import (
    AccountDetails,
    AccountFilter,
    AccountPage,
    AccountRole,
    AccountSeen,
    AccountState,
    NewAccountErasure,
    NewMerger,
    NewSuspension,
)
from core.actor import Actor
from core.http import Cursor, documented_response, json_response
from members.accounts import credentials
from members.accounts.erasure_requests import ErasureChoices, PendingErasure
from members.policy import ensure_can_administer
from moderation.shapes import Decision
from storage.database import Database
from storage.idempotency import IdempotentRequest

_Words = Annotated[str, QueryParameter(name="words", max_length=100)]


@get("/accounts", operation_id="read_accounts")
async def read_accounts(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    words: _Words = "",
    status: FromQuery[AccountState | None] = None,
    role: FromQuery[AccountRole | None] = None,
    group: FromQuery[str | None] = None,
    seen: FromQuery[AccountSeen | None] = None,
    after: Cursor = None,
) -> AccountPage:
    """List accounts, the newest first, for administrators."""
    only = AccountFilter(words=words, state=status, role=role, group=group, seen=seen)
    async with db.read() as tx:
        return await account_list.read_accounts(tx, actor, only, after)


@get("/accounts/{handle:str}", operation_id="read_account")
async def read_account(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> AccountDetails:
    """Return one account, for administrators."""
    async with db.read() as tx:
        return await account_list.read_account(tx, actor, handle)


@put("/accounts/{handle:str}/verification", status_code=204, operation_id="verify_account")
async def verify_account(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Mark the address of a member as verified."""
    async with db.begin() as tx:
        await account_actions.verify_account(tx, actor, handle)


@delete("/accounts/{handle:str}/sessions", status_code=204, operation_id="end_sessions_of")
async def end_sessions(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Sign a member out everywhere."""
    async with db.begin() as tx:
        await account_actions.end_sessions_of(tx, actor, handle)


@post("/accounts/{handle:str}/password-links", status_code=202, operation_id="send_password_link")
async def send_password_link(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Send a member a link for a new password."""
    async with db.begin() as tx:
        await account_actions.send_password_link(tx, actor, handle)


@post(
    "/accounts/{handle:str}/suspensions",
    responses=documented_response(201, Decision),
    operation_id="suspend_account",
)
async def suspend_account(
    handle: FromPath[str],
    data: JSONBody[NewSuspension],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Suspend a member everywhere. It is a decision, which moderators can reverse and the member can appeal."""
    answer = await idempotent.respond(
        db, lambda tx: account_actions.suspend_account(tx, actor, handle, data.days, data.reason), 201
    )
    return json_response(answer.body, answer.status)


@put("/accounts/{handle:str}/erasure", status_code=202, operation_id="request_account_erasure")
async def request_erasure(
    handle: FromPath[str],
    data: JSONBody[NewAccountErasure],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> PendingErasure:
    """Delete an account in seven days; until then the member, who gets an e-mail, and administrators can cancel it."""
    ensure_can_administer(actor)
    await credentials.reauthenticate(db, actor, data.password)
    choices = ErasureChoices(posts=data.posts, rooms=data.rooms, entries=data.entries)
    async with db.begin() as tx:
        return await account_actions.request_account_erasure(tx, actor, handle, choices)


@delete("/accounts/{handle:str}/erasure", status_code=204, operation_id="cancel_account_erasure")
async def cancel_erasure(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Keep an account that was to be deleted."""
    async with db.begin() as tx:
        await account_actions.cancel_account_erasure(tx, actor, handle)


@post("/accounts/{handle:str}/mergers", status_code=204, operation_id="merge_author")
async def merge_author(
    handle: FromPath[str],
    data: JSONBody[NewMerger],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> None:
    """Make a member the author of all posts by an author of an archive, who goes."""
    async with db.begin() as tx:
        await account_actions.merge_author(tx, actor, handle, data.author)


routes = [
    read_accounts,
    read_account,
    verify_account,
    end_sessions,
    send_password_link,
    suspend_account,
    request_erasure,
    cancel_erasure,
    merge_author,
]
