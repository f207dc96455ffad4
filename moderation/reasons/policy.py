"""Who keeps the templates of reasons: pure rules, and the refusals they raise."""

from collections.abc import Mapping

from core.actor import Actor
from core.errors import Invalid
from members.emails.translations import DEFAULT
from members.policy import AdministratorsOnly
from members.shapes import EmailLanguage
from moderation.policy import ensure_can_read_queue
from moderation.shapes import Reason

# More than anybody finds the right one among.
MOST_TEMPLATES = 50


class EnglishMissing(Invalid):
    """Readers of a language that a template does not have read it in English."""

    message = "Write it in English, too: whoever reads none of its languages reads it in that."


class TooManyTemplates(Invalid):
    """There are as many as anybody can look through."""

    message = f"There are {MOST_TEMPLATES} templates. Change one that you do not need."


class EmptyReason(Invalid):
    """A reason has a rule and facts, in each language that it has at all."""

    message = "Give both, the rule and what was found, in each language that has one of them."


def ensure_can_manage_templates(actor: Actor) -> None:
    """Administrators keep them; whoever judges gives other words where they do not fit."""
    ensure_can_read_queue(actor)
    if not actor.is_administrator:
        raise AdministratorsOnly


def ensure_template_is_complete(texts: Mapping[EmailLanguage, Reason], *, is_new: bool, count: int) -> None:
    """Each text says both, one of them is English, and there are not too many templates."""
    for language, text in texts.items():
        if not text.rule or not text.facts:
            raise EmptyReason(field=f"texts.{language}")
    if DEFAULT not in texts:
        raise EnglishMissing(field="texts.en")
    if is_new and count >= MOST_TEMPLATES:
        raise TooManyTemplates
