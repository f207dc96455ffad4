"""The list of members for administrators, and the page of one account."""

from typing import Annotated, get_args
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from administration.accounts.account_list import read_account, read_accounts
from administration.shapes import AccountFilter, AccountRole, AccountSeen, AccountState
from core.http import Cursor
from core.languages.texts import gettext, pgettext
from pages.members.role_names import named_roles, role_options
from pages.shell.context import PageContext

_Words = Annotated[str, QueryParameter(name="q", max_length=100)]
# `state` is a name that the framework keeps for itself.
_State = Annotated[str, QueryParameter(name="state")]


def _states() -> list[tuple[str, str]]:
    return [
        ("unverified", gettext("Address not confirmed")),
        ("unreachable", gettext("Address refuses e-mails")),
        ("suspended", pgettext("member", "Suspended")),
        ("silenced", pgettext("member", "Silenced")),
        ("leaving", gettext("Will be deleted")),
        ("author", gettext("Author of an archive, without an account")),
    ]


def role_words() -> dict[str, str]:
    """Return the names of roles."""
    return {
        "administrator": gettext("Administrator"),
        "moderator": gettext("Moderator"),
        "host": gettext("Host"),
    }


def _one_of(value: str, kind: object) -> str | None:
    return value if value in get_args(kind) else None


@get("/admin/members", include_in_schema=False)
async def show_accounts(
    context: NamedDependency[PageContext],
    words: _Words = "",
    only_state: _State = "",
    role: FromQuery[str] = "",
    group: FromQuery[str] = "",
    seen: FromQuery[str] = "",
    after: Cursor = None,
) -> Response[bytes]:
    """Show the list of members."""
    chosen = {
        "words": words,
        "state": _one_of(only_state, AccountState),
        "role": _one_of(role, AccountRole),
        "group": group or None,
        "seen": _one_of(seen, AccountSeen),
    }
    only = msgspec.convert(chosen, AccountFilter)
    async with context.db.read() as tx:
        page = await read_accounts(tx, context.actor, only, after)
    given = {"q": words, "state": only.state, "role": only.role, "group": only.group, "seen": only.seen}
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/accounts.html",
        page=page,
        only=only,
        query=urlencode({name: value for name, value in given.items() if value}),
        states=_states(),
        roles=[*role_words().items(), ("none", gettext("No role"))],
        role_words=role_words(),
        groups=context.renderer.community.groups,
        # NOTE: when members were last seen
        seen=[("recently", gettext("In the last seven days")), ("away", gettext("Signed in nowhere"))],
    )


@get("/admin/members/{handle:str}", include_in_schema=False)
async def show_account(handle: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the account of one member, with what can be done."""
    async with context.db.read() as tx:
        found = await read_account(tx, context.actor, handle)
        options, titles = await role_options(tx, context.renderer.community)
    groups = dict(context.renderer.community.groups)
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/account.html",
        found=found,
        account=found.account,
        group=groups.get(found.group or "", found.group or ""),
        roles=named_roles(found.roles, context.renderer.community, titles),
        options=options,
    )


routes = [show_accounts, show_account]
