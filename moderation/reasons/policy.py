"""Who may change reason templates, and which templates are valid: pure functions, and the refusals they raise."""

from collections.abc import Mapping

from core.actor import Actor
from core.errors import Invalid
from core.languages.texts import translatable
from members.emails.translations import DEFAULT
from members.policy import AdministratorsOnly
from members.shapes import EmailLanguage
from moderation.policy import ensure_can_read_queue
from moderation.shapes import Reason

# With more templates than this, moderators cannot find the right one.
MAX_TEMPLATES = 50


class EnglishMissing(Invalid):
    """A template needs an English text, which is shown in languages that it lacks."""

    message = translatable("Add an English text: it is shown to readers whose language the template lacks.")


class TooManyTemplates(Invalid):
    """The number of templates is limited, so that moderators can find the right one."""

    message = translatable("There are already %(most)s templates. Change one that you no longer need.")


class EmptyReason(Invalid):
    """A template needs both a rule and facts in each of its languages."""

    message = translatable("Enter both the rule and the facts in each language that has either of them.")


def ensure_can_manage_templates(actor: Actor) -> None:
    """Allow administrators; raise AdministratorsOnly for moderators and hosts, who can write a custom reason instead,
    and NotModerator for others."""
    ensure_can_read_queue(actor)
    if not actor.is_administrator:
        raise AdministratorsOnly


def ensure_template_is_complete(texts: Mapping[EmailLanguage, Reason], *, is_new: bool, count: int) -> None:
    """Raise EmptyReason if a text lacks the rule or the facts, EnglishMissing if there is no English text, and
    TooManyTemplates if a new template exceeds the limit."""
    for language, text in texts.items():
        if not text.rule or not text.facts:
            raise EmptyReason(field=f"texts.{language}")
    if DEFAULT not in texts:
        raise EnglishMissing(field="texts.en")
    if is_new and count >= MAX_TEMPLATES:
        raise TooManyTemplates(most=MAX_TEMPLATES)
