"""Forms of decisions: converting the values of a form to the decision that the API takes."""

import re
from typing import Any, get_args

from core.errors import Invalid
from core.languages.texts import current_language, translatable
from moderation.reasons.templates import load_templates
from moderation.shapes import RELOCATIONS, Action
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Typed, number_in, text_in

_TOPIC_ID = re.compile(r"(?:^|/t/)(\d{1,18})(?:$|[/?#])")


class NothingChosen(Invalid):
    """None of the actions is ticked."""

    message = translatable("Tick at least one action.")


async def decision_in(context: PageContext, typed: Typed) -> dict[str, Any]:
    """Return the decision in a form: its action, further actions, and the reason, with the rule and the facts of the
    chosen template where the form has none."""
    action = text_in(typed, "act")
    if action in ("no_action", "approve"):
        return {"action": action}
    if action == "approve_edited":
        return {"action": action, "text": text_in(typed, "text").strip()}
    more = [one for one in typed.get("also", ()) if one in get_args(Action)]
    if action == "also":
        if not more:
            raise NothingChosen(field="also")
        action, more = more[0], more[1:]
    if action not in get_args(Action):
        raise BadButton
    async with context.db.read() as tx:
        templates = await load_templates(tx)
    template = templates.find(current_language().tag, text_in(typed, "template"))
    rule, facts = text_in(typed, "rule").strip(), text_in(typed, "facts").strip()
    reason = {
        "rule": rule or (template.rule if template else ""),
        "facts": facts or (template.facts if template else ""),
    }
    if action in RELOCATIONS:
        return {"action": action, "reason": reason, **_destination_in(typed)}
    days = number_in(text_in(typed, "days"))
    everywhere = bool(text_in(typed, "everywhere"))
    return {"action": action, "reason": reason, "also": more, "days": days, "everywhere": everywhere}


def _destination_in(typed: Typed) -> dict[str, Any]:
    """Return where posts are moved: the id of a topic (given as its URL or number), or a new title and a sector."""
    found = _TOPIC_ID.search(text_in(typed, "into").strip())
    given = {name: text_in(typed, name).strip() for name in ("title", "sector")}
    return {
        "into": int(found[1]) if found else None,
        **{name: value or None for name, value in given.items()},
    }


def versioned_case(text: str) -> dict[str, int | None]:
    """Return the id and the version of a case from the value of its box, such as "12.3"."""
    case, _, version = text.partition(".")
    return {"id": number_in(case), "version": number_in(version)}
