"""What a moderator can do with a case besides deciding it, by the name of the button."""

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


async def _let_go(tx: Transaction, context: PageContext, case_id: int, _: Typed) -> None:
    await claims.release_claim(tx, context.actor, case_id)


async def _hand_over(tx: Transaction, context: PageContext, case_id: int, typed: Typed) -> None:
    to = to_shape(NewClaim, {"member": text_in(typed, "member").strip()})
    await claims.reassign_case(tx, context.actor, case_id, to.member or "")


async def _note(tx: Transaction, context: PageContext, case_id: int, typed: Typed) -> None:
    new = to_shape(NewCaseNote, {"body": text_in(typed, "body")})
    await notes.add_note(tx, context.actor, case_id, new)


async def _escalate(tx: Transaction, context: PageContext, case_id: int, typed: Typed) -> None:
    why = to_shape(NewCaseNote, {"body": text_in(typed, "why")})
    await escalation.escalate_case(tx, context.actor, case_id, why)


async def _give_back(tx: Transaction, context: PageContext, case_id: int, _: Typed) -> None:
    await escalation.return_case(tx, context.actor, case_id)


_CaseAction = Callable[[Transaction, PageContext, int, Typed], Awaitable[None]]
CASE_ACTIONS: Mapping[str, _CaseAction] = {
    "reverse": _reverse,
    "undo": _undo,
    "claim": _claim,
    "let_go": _let_go,
    "hand_over": _hand_over,
    "note": _note,
    "escalate": _escalate,
    "give_back": _give_back,
}
