"""Credentials: recognising a member by password, changing it, replacing it when forgotten.

Argon2 takes its time, so it is never computed while a transaction is open: what was read before is compared again by
the statement that relies on it.
"""

from asyncpg import Record
from msgspec import Struct
from sqlalchemy import Text, and_, bindparam, or_, select, update

from core.actor import Actor
from core.errors import Denied, SignInFirst
from core.ids import MemberId
from core.text import tidy
from members.accounts import passwords
from members.accounts.passwords import Credentials
from members.accounts.sessions import delete_session, end_all_sessions, end_other_sessions, start_session
from members.emails.mailed_links import LinkNotGood, redeem_link, revoke_links
from members.events import PasswordChanged
from members.handles import normalize_handle
from members.tables import members
from storage.database import Database, Transaction
from storage.statements import statement

_STORED = (members.c.id, members.c.password_hash, members.c.secret_salt, members.c.sealed_secret)
FIND_BY_LOGIN = statement(
    select(*_STORED)
    .where(
        or_(
            members.c.handle == bindparam("handle", type_=Text),
            and_(members.c.email == bindparam("address", type_=Text), members.c.is_claimed),
        )
    )
    .order_by(
        members.c.handle != bindparam("handle", type_=Text),
        members.c.email_verified_at.nulls_last(),
        members.c.id.desc(),
    )
    .limit(1)
)
FIND_BY_ID = statement(select(*_STORED).where(members.c.id == bindparam("member")))
REPLACE = statement(
    update(members)
    .where(
        members.c.id == bindparam("member"),
        or_(
            bindparam("known_hash", type_=Text).is_(None),
            members.c.password_hash == bindparam("known_hash", type_=Text),
        ),
        or_(bindparam("address", type_=Text).is_(None), members.c.email == bindparam("address", type_=Text)),
    )
    .values(
        password_hash=bindparam("password_hash"),
        secret_salt=bindparam("secret_salt"),
        sealed_secret=bindparam("sealed_secret"),
    )
    .returning(members.c.id)
)


class WrongCredentials(SignInFirst):
    """There is no such member, or the password is another one; which of the two is not told."""

    message = "Name or password is not right."


class WrongPassword(Denied):
    """The password given beside a change of the account is not the member's."""

    message = "This is not your password."


class AuthenticatedMember(Struct, frozen=True):
    """A member whose password was right a moment ago, with the secret that it opened."""

    member_id: MemberId
    password_hash: str
    secret: bytes


async def authenticate(db: Database, login: str, password: str) -> AuthenticatedMember:
    """Who signs in with this; `WrongCredentials` takes as long for members as for strangers."""
    async with db.read() as tx:
        row = await tx.row(FIND_BY_LOGIN, handle=normalize_handle(login), address=normalize_address(login))
    found = await _open(row, password)
    if found is None:
        raise WrongCredentials
    return found


async def reauthenticate(db: Database, actor: Actor, password: str) -> AuthenticatedMember:
    """The signed-in member, who has given the password once more; `WrongPassword` if it is not that."""
    async with db.read() as tx:
        row = await tx.row(FIND_BY_ID, member=actor.signed_in())
    found = await _open(row, password)
    if found is None:
        raise WrongPassword
    return found


async def sign_in(tx: Transaction, actor: Actor, known: AuthenticatedMember, user_agent: str = "") -> str:
    """A new session for a member who was just recognised, and its token. The session that came along ends: nobody
    goes on with a token that somebody else may have put there."""
    if actor.id is not None and actor.session_id is not None:
        await delete_session(tx, actor.id, actor.session_id)
    token = await start_session(tx, known.member_id, known.secret, user_agent, known.password_hash)
    if token is None:
        raise WrongCredentials
    return token


async def change_password(
    tx: Transaction, actor: Actor, known: AuthenticatedMember, new: Credentials
) -> None:
    """Put a new password over the same secret; all other sessions end."""
    member = actor.signed_in()
    if not await tx.value(
        REPLACE, member=member, known_hash=known.password_hash, address=None, **_binds(new)
    ):
        raise WrongPassword

    await revoke_links(tx, member, "reset")
    await end_other_sessions(tx, actor)
    await tx.record(PasswordChanged(member_id=member))


async def reset_password(tx: Transaction, token: str, new: Credentials) -> None:
    """Spend a mailed link for a new password. The old secret stays closed for ever, a new one begins: what the member
    asked anonymously before can be linked by nobody any more, the member included. All sessions end."""
    spent = await redeem_link(tx, token, "reset")
    if spent.member_id is None or not await tx.value(
        REPLACE, member=spent.member_id, known_hash=None, address=spent.address, **_binds(new)
    ):
        raise LinkNotGood(field="token")

    await revoke_links(tx, spent.member_id, "reset")
    await end_all_sessions(tx, spent.member_id)
    await tx.record(PasswordChanged(member_id=spent.member_id))


def normalize_address(address: str) -> str:
    """The form in which addresses are stored and compared."""
    return tidy(address).lower()


async def _open(row: Record | None, password: str) -> AuthenticatedMember | None:
    stored = _stored(row)
    secret = await passwords.open_secret(password, stored)
    if row is None or stored is None or secret is None:
        return None
    return AuthenticatedMember(row["id"], stored.password_hash, secret)


def _stored(row: Record | None) -> Credentials | None:
    if row is None or row["password_hash"] is None:
        return None
    return Credentials(row["password_hash"], row["secret_salt"], row["sealed_secret"])


def _binds(new: Credentials) -> dict[str, object]:
    return {name: getattr(new, name) for name in Credentials.__struct_fields__}
