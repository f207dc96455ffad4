"""Forms of decisions: from the fields of a form to the decision that the API takes."""

import re
from typing import Any, get_args

from core.errors import Invalid
from moderation.reasons.templates import load_templates
from moderation.shapes import RELOCATIONS, Action
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Typed, number_in, text_in

_TOPIC = re.compile(r"(?:^|/t/)(\d{1,18})(?:$|[/?#])")


class NothingChosen(Invalid):
    """No action was ticked."""

    message = "Tick what is to be done."


async def decision_in(context: PageContext, typed: Typed) -> dict[str, Any]:
    """What a form decides: the reason that was picked, with what was written instead of its words, and what else."""
    action = text_in(typed, "act")
    if action in ("no_action", "approve"):
        return {"action": action}
    if action == "approve_edited":
        return {"action": action, "text": text_in(typed, "text").strip()}
    also = [one for one in typed.get("also", ()) if one in get_args(Action)]
    if action == "also":
        if not also:
            raise NothingChosen(field="also")
        action, also = also[0], also[1:]
    if action not in get_args(Action):
        raise BadButton
    async with context.db.read() as tx:
        templates = await load_templates(tx)
    picked = templates.find(context.renderer.community.language, text_in(typed, "template"))
    rule, facts = text_in(typed, "rule").strip(), text_in(typed, "facts").strip()
    reason = {
        "rule": rule or (picked.rule if picked else ""),
        "facts": facts or (picked.facts if picked else ""),
    }
    if action in RELOCATIONS:
        return {"action": action, "reason": reason, **_place(typed)}
    days = number_in(text_in(typed, "days"))
    everywhere = bool(text_in(typed, "everywhere"))
    return {"action": action, "reason": reason, "also": also, "days": days, "everywhere": everywhere}


def _place(typed: Typed) -> dict[str, Any]:
    """Where to: an address of a topic or its number, a title, a sector."""
    found = _TOPIC.search(text_in(typed, "into").strip())
    given = {name: text_in(typed, name).strip() for name in ("title", "sector")}
    return {
        "into": int(found[1]) if found else None,
        **{name: value or None for name, value in given.items()},
    }


def versioned_case(text: str) -> dict[str, int | None]:
    case, _, version = text.partition(".")
    return {"id": number_in(case), "version": number_in(version)}
