"""The buttons of a case other than decisions: claims, notes, escalation, and reversing a decision."""

from collections.abc import Awaitable, Callable, Mapping

from moderation.cases import claims, escalation, notes
from moderation.decisions import decisions
from moderation.shapes import NewCaseNote, NewClaim, NewReversal
from pages.shell.context import PageContext
from pages.shell.forms import Typed, number_in, text_in, to_shape
from storage.database import Transaction


async def _reverse(tx: Transaction, context: PageContext, _: int, typed: Typed) -> None:
    new = to_shape(NewReversal, {"facts": text_in(typed, "why")})
    await decisions.reverse_decision(tx, context.actor, number_in(text_in(typed, "decision")) or 0, new)


async def _undo(tx: Transaction, context: PageContext, _: int, typed: Typed) -> None:
    await decisions.undo_decision(tx, context.actor, number_in(text_in(typed, "decision")) or 0)


async def _claim(tx: Transaction, context: PageContext, case_id: int, _: Typed) -> None:
    await claims.claim_case(tx, context.actor, case_id)


async def _release_claim(tx: Transaction, context: PageContext, case_id: int, _: Typed) -> None:
    await claims.release_claim(tx, context.actor, case_id)


async def _reassign(tx: Transaction, context: PageContext, case_id: int, typed: Typed) -> None:
    new = to_shape(NewClaim, {"member": text_in(typed, "member").strip()})
    await claims.reassign_case(tx, context.actor, case_id, new.member or "")


async def _add_note(tx: Transaction, context: PageContext, case_id: int, typed: Typed) -> None:
    new = to_shape(NewCaseNote, {"body": text_in(typed, "body")})
    await notes.add_note(tx, context.actor, case_id, new)


async def _escalate(tx: Transaction, context: PageContext, case_id: int, typed: Typed) -> None:
    reason = to_shape(NewCaseNote, {"body": text_in(typed, "why")})
    await escalation.escalate_case(tx, context.actor, case_id, reason)


async def _return_case(tx: Transaction, context: PageContext, case_id: int, _: Typed) -> None:
    await escalation.return_case(tx, context.actor, case_id)


_CaseAction = Callable[[Transaction, PageContext, int, Typed], Awaitable[None]]
# By the value of the button `act`.
CASE_ACTIONS: Mapping[str, _CaseAction] = {
    "reverse": _reverse,
    "undo": _undo,
    "claim": _claim,
    "let_go": _release_claim,
    "hand_over": _reassign,
    "note": _add_note,
    "escalate": _escalate,
    "give_back": _return_case,
}
