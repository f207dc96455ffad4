"""Credentials: authentication by password, and changes and resets of passwords.

Argon2 is slow on purpose, so it never runs while a transaction is open: the statement that relies on a checked password
compares its stored hash again.
"""

from asyncpg import Record
from msgspec import Struct
from sqlalchemy import Text, and_, bindparam, or_, select, update

from core.actor import Actor
from core.errors import Denied, SignInFirst
from core.ids import MemberId
from core.languages.texts import translatable
from core.text import tidy
from members.accounts import passwords
from members.accounts.passwords import Credentials
from members.accounts.sessions import delete_session, end_all_sessions, end_other_sessions, start_session
from members.emails.failing_addresses import mark_working
from members.emails.mailed_links import LinkNotGood, redeem_link, revoke_links
from members.events import PasswordChanged
from members.handles import normalize_handle
from members.tables import members
from storage.database import Database, Transaction
from storage.statements import statement

_CREDENTIAL_COLUMNS = (members.c.id, members.c.password_hash, members.c.secret_salt, members.c.sealed_secret)
SELECT_CREDENTIALS_BY_LOGIN = statement(
    select(*_CREDENTIAL_COLUMNS)
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
SELECT_CREDENTIALS = statement(select(*_CREDENTIAL_COLUMNS).where(members.c.id == bindparam("member")))
UPDATE_CREDENTIALS = statement(
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
    """No member has this login, or the password is wrong; the refusal does not say which."""

    message = translatable("Name or password is not right.")


class WrongPassword(Denied):
    """The password that confirms a change of the account is wrong."""

    message = translatable("This is not your password.")


class AuthenticatedMember(Struct, frozen=True):
    """A member whose password was just checked, with the secret that it opened."""

    member_id: MemberId
    password_hash: str
    secret: bytes


async def authenticate(db: Database, login: str, password: str) -> AuthenticatedMember:
    """Return the member with this handle or address and password; raise WrongCredentials.

    It takes the same time whether or not such a member exists.
    """
    async with db.read() as tx:
        row = await tx.row(
            SELECT_CREDENTIALS_BY_LOGIN, handle=normalize_handle(login), address=normalize_address(login)
        )
    member = await _authenticate_row(row, password)
    if member is None:
        raise WrongCredentials
    return member


async def reauthenticate(
    db: Database, actor: Actor, password: str, field: str = "password"
) -> AuthenticatedMember:
    """Return the signed-in member after another check of the password; raise WrongPassword with its field."""
    async with db.read() as tx:
        row = await tx.row(SELECT_CREDENTIALS, member=actor.signed_in())
    member = await _authenticate_row(row, password)
    if member is None:
        raise WrongPassword(field=field)
    return member


async def sign_in(tx: Transaction, actor: Actor, known: AuthenticatedMember, user_agent: str = "") -> str:
    """Start a session for an authenticated member and return its token; raise WrongCredentials.

    The session of the request ends, which prevents session fixation.
    """
    if actor.id is not None and actor.session_id is not None:
        await delete_session(tx, actor.id, actor.session_id)
    token = await start_session(tx, known.member_id, known.secret, user_agent, known.password_hash)
    if token is None:
        raise WrongCredentials
    return token


async def change_password(
    tx: Transaction, actor: Actor, known: AuthenticatedMember, new: Credentials
) -> None:
    """Replace the password, keep the secret, and end all other sessions; raise WrongPassword."""
    member = actor.signed_in()
    if not await tx.value(
        UPDATE_CREDENTIALS, member=member, known_hash=known.password_hash, address=None, **_binds(new)
    ):
        raise WrongPassword

    await revoke_links(tx, member, "reset")
    await end_other_sessions(tx, actor)
    await tx.record(PasswordChanged(member_id=member))


async def reset_password(tx: Transaction, token: str, new: Credentials) -> None:
    """Redeem a link for a new password and end all sessions; raise LinkNotGood.

    The old secret is lost and a new one begins, so that nobody, not even the member, can link earlier anonymous questions to
    the member.
    """
    redeemed = await redeem_link(tx, token, "reset")
    if redeemed.member_id is None or not await tx.value(
        UPDATE_CREDENTIALS,
        member=redeemed.member_id,
        known_hash=None,
        address=redeemed.address,
        **_binds(new),
    ):
        raise LinkNotGood(field="token")

    await mark_working(tx, redeemed.member_id, redeemed.address)
    await revoke_links(tx, redeemed.member_id, "reset")
    await end_all_sessions(tx, redeemed.member_id)
    await tx.record(PasswordChanged(member_id=redeemed.member_id))


def normalize_address(address: str) -> str:
    """Return an e-mail address in the form in which it is stored and compared."""
    return tidy(address).lower()


async def _authenticate_row(row: Record | None, password: str) -> AuthenticatedMember | None:
    stored = _credentials_of(row)
    secret = await passwords.open_secret(password, stored)
    if row is None or stored is None or secret is None:
        return None
    return AuthenticatedMember(row["id"], stored.password_hash, secret)


def _credentials_of(row: Record | None) -> Credentials | None:
    if row is None or row["password_hash"] is None:
        return None
    return Credentials(row["password_hash"], row["secret_salt"], row["sealed_secret"])


def _binds(new: Credentials) -> dict[str, object]:
    return {name: getattr(new, name) for name in Credentials.__struct_fields__}
