"""What administrators do with an account: each action has a page that says what follows, and a button that does it."""

from collections.abc import Awaitable, Callable
from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from administration.accounts import account_actions
from administration.accounts.account_list import read_account
from administration.shapes import NewMerger, NewSuspension
from core.errors import NotFound, every_refusal
from core.ids import MemberId
from core.languages.texts import gettext, pgettext, translatable
from members.accounts import credentials
from members.accounts.erasure_requests import KINDS, ErasureChoices
from members.policy import ensure_can_administer
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    FieldNotAcceptable,
    Form,
    form_of,
    number_in,
    submit,
    text_in,
    to_shape,
    unknown_handle_refused,
)
from pages.shell.renderer import redirect
from personal_data.preview import preview_erasure
from storage.database import Transaction


class AccountAction(Struct, frozen=True):
    """An action: what its page is called, what it says, its button, and the message afterwards."""

    heading: str
    consequence: str
    verb: str
    done: str


def _sign_in_actions() -> dict[str, AccountAction]:
    return {
        "verify": AccountAction(
            gettext("Confirm the address"),
            gettext(
                "Do this only if you know that the address belongs to this member. The member can write then."
            ),
            gettext("Confirm the address"),
            "account-verified",
        ),
        "sign-out": AccountAction(
            gettext("Sign out everywhere"),
            gettext("All sessions of this member end, also on pages that are open."),
            gettext("Sign out everywhere"),
            "account-signed-out",
        ),
        "password": AccountAction(
            gettext("Send a link for a new password"),
            gettext(
                "The link goes to the confirmed address of the member, works once, and nobody else sees it."
            ),
            gettext("Send the link"),
            "account-password",
        ),
    }


def _further_actions() -> dict[str, AccountAction]:
    return {
        "suspend": AccountAction(
            pgettext("verb", "Suspend"),
            gettext(
                "The member can read what is public, and appeal. The reasons are sent to the member and published "
                "without a name in the moderation log, where the decision can be reversed."
            ),
            gettext("Suspend the member"),
            "account-suspended",
        ),
        "erase": AccountAction(
            gettext("Delete the account"),
            gettext(
                "The account is deleted in seven days, and after that nobody can bring it back. The member gets an "
                "e-mail, and you and the member can cancel it until then."
            ),
            gettext("Delete the account in seven days"),
            "account-leaves",
        ),
        "keep": AccountAction(
            gettext("Keep the account"),
            gettext("The account will not be deleted."),
            gettext("Keep the account"),
            "account-stays",
        ),
        "merge": AccountAction(
            gettext("Assign posts of an archive"),
            gettext(
                "All posts by an author of an imported archive become posts of this member, and that author goes. This "
                "cannot be undone."
            ),
            gettext("Assign the posts"),
            "account-merged",
        ),
    }


def _actions() -> dict[str, AccountAction]:
    return {**_sign_in_actions(), **_further_actions()}


# Actions whose form has nothing but a button.
_PLAIN: dict[str, Callable[..., Awaitable[None]]] = {
    "verify": account_actions.verify_account,
    "sign-out": account_actions.end_sessions_of,
    "password": account_actions.send_password_link,
    "keep": account_actions.cancel_account_erasure,
}


_PATH = "/admin/members/{handle:str}"


@get([f"{_PATH}/{{account_action:str}}", f"{_PATH}/erase", f"{_PATH}/password"], include_in_schema=False)
async def show_account_action(
    handle: FromPath[str], context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show what an action does, with its form. Two have an address of their own, because other limits apply to them."""
    action = context.request.scope["path"].rpartition("/")[2]
    return await _page(context, handle, action, Form(typed={"days": ["7"]}))


@post(f"{_PATH}/erase", include_in_schema=False)
async def erase_account(handle: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Delete an account after the waiting time."""
    return await _submit(context, handle, "erase")


@post(f"{_PATH}/password", include_in_schema=False)
async def send_password_link(handle: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Send a link for a new password."""
    return await _submit(context, handle, "password")


@post(f"{_PATH}/{{account_action:str}}", include_in_schema=False)
async def do_account_action(
    handle: FromPath[str], account_action: FromPath[str], context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Do what the page says."""
    return await _submit(context, handle, account_action)


async def _submit(context: PageContext, handle: str, action: str) -> Response[bytes]:
    ensure_can_administer(context.actor)
    if action not in _actions():
        raise NotFound

    async def act(form: Form) -> Response[bytes]:
        if action == "erase":
            await _reauthenticate(context, form)
        async with context.db.begin() as tx:
            await _act(tx, context, handle, action, form)
        return redirect(f"/admin/members/{handle}", done=_actions()[action].done)

    return await submit(await form_of(context), act, partial(_page, context, handle, action), NO_STATUS)


async def _reauthenticate(context: PageContext, form: Form) -> None:
    """Check the password of the administrator, and before that the choice; raise all that is wrong with them."""
    with every_refusal() as each:
        with each.check():
            _choices_in(form)
        await credentials.reauthenticate(
            context.db, context.actor, text_in(form.typed, "own_password"), "own_password"
        )


async def _act(tx: Transaction, context: PageContext, handle: str, action: str, form: Form) -> None:
    actor = context.actor
    if action == "suspend":
        reason = {name: text_in(form.typed, name).strip() for name in ("rule", "facts")}
        days = number_in(text_in(form.typed, "days").strip())
        with every_refusal() as each:
            with each.check():
                if days is None:
                    raise FieldNotAcceptable(translatable("Enter a number of days."), field="days")
            wanted = to_shape(NewSuspension, {"days": days, "reason": reason})
        await account_actions.suspend_account(tx, actor, handle, wanted.days, wanted.reason)
    elif action == "erase":
        await account_actions.request_account_erasure(tx, actor, handle, _choices_in(form))
    elif action == "merge":
        author = text_in(form.typed, "author").strip().removeprefix("@")
        with unknown_handle_refused("author"):
            await account_actions.merge_author(
                tx, actor, handle, to_shape(NewMerger, {"author": author}).author
            )
    else:
        await _PLAIN[action](tx, actor, handle)


def _choices_in(form: Form) -> ErasureChoices:
    choice = text_in(form.typed, "texts")
    if choice not in ("delete", "keep"):
        raise FieldNotAcceptable(translatable("Choose what becomes of the texts."), field="texts")
    return ErasureChoices(**dict.fromkeys(KINDS, choice))  # type: ignore[arg-type]  # just checked


async def _page(
    context: PageContext, handle: str, action: str, form: Form, status: int = 200
) -> Response[bytes]:
    known = _actions()
    ensure_can_administer(context.actor)
    if action not in known:
        raise NotFound
    async with context.db.read() as tx:
        found = await read_account(tx, context.actor, handle)
        preview = await preview_erasure(tx, MemberId(found.account.id)) if action == "erase" else None
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/account_action.html",
        status,
        account=found.account,
        name=action,
        action=known[action],
        preview=preview,
        form=form,
    )


routes = [show_account_action, erase_account, send_password_link, do_account_action]
