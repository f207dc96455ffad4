"""The actions of the buttons on an entry's page."""

from collections.abc import Awaitable, Callable, Mapping

from boards.curation import change_requests, confirmations, dispositions, entries, merging
from boards.curation.change_requests import NewRequest, RequestState
from boards.curation.dispositions import NewDisposition
from boards.shapes import ConfirmationKind
from core.ids import EntryId
from pages.shell.context import PageContext
from pages.shell.forms import Typed, number_in, text_in, to_shape
from storage.database import Transaction


async def _confirm(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    kind: ConfirmationKind = "confirm" if text_in(typed, "kind") == "confirm" else "do_too"
    if text_in(typed, "not"):
        await confirmations.unconfirm_entry(tx, context.actor, entry, kind)
    else:
        note = text_in(typed, "note")[:5_000]
        await confirmations.confirm_entry(tx, context.actor, entry, kind, note, context.screen)


async def _withdraw(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    await entries.withdraw_entry(tx, context.actor, entry)


async def _restore(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    await entries.restore_entry(tx, context.actor, entry)


async def _merge(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    into = number_in(text_in(typed, "into").rstrip("/").rpartition("/")[2])
    await merging.merge_entry(tx, context.actor, entry, EntryId(into or 0))


async def _undo_merge(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    await merging.separate_entry(tx, context.actor, entry)


async def _set_disposition(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    given = {"disposition": text_in(typed, "disposition"), "reason": text_in(typed, "reason")}
    version = number_in(text_in(typed, "version"))
    await dispositions.set_disposition(tx, context.actor, entry, to_shape(NewDisposition, given), version)


async def _request_change(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    await change_requests.request_change(
        tx, context.actor, entry, to_shape(NewRequest, {"body": text_in(typed, "body")})
    )


async def _set_request_state(tx: Transaction, context: PageContext, entry: EntryId, typed: Typed) -> None:
    wanted = to_shape(RequestState, {"state": text_in(typed, "state")})
    await change_requests.set_request_state(
        tx, context.actor, number_in(text_in(typed, "request")) or 0, wanted
    )


# By the value of the button `act`.
ENTRY_ACTIONS: Mapping[str, Callable[[Transaction, PageContext, EntryId, Typed], Awaitable[None]]] = {
    "back": _confirm,
    "withdraw": _withdraw,
    "restore": _restore,
    "merge": _merge,
    "separate": _undo_merge,
    "dispose": _set_disposition,
    "request": _request_change,
    "settle": _set_request_state,
}
