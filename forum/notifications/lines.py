"""Lines: what notifications say in one sentence, "who did what where"; those of a topic that say the same share a line."""

from collections.abc import Sequence

from msgspec import Struct

from core.languages.texts import gettext, ngettext, pgettext, translatable
from forum.notifications.shapes import Notification
from members.shapes import Author

# The kinds whose post was written by the member who did it; the posts of other kinds are the recipient's own, or an entry.
KINDS_BY_AUTHORS = ("reply", "posted", "opened", "mentioned", "quoted", "change_requested")

_SENTENCES = {
    "replied_to_you": translatable("%(name)s replied to you in %(title)s"),
    "replied": translatable("%(name)s replied in %(title)s"),
    "opened": translatable("%(name)s started %(title)s"),
    "mentioned": translatable("%(name)s mentioned you in %(title)s"),
    "quoted": translatable("%(name)s quoted you in %(title)s"),
    "accepted": translatable("%(name)s accepted your answer in %(title)s"),
    "edited": translatable("%(name)s edited your post in %(title)s"),
    "change_requested": translatable("%(name)s asks you to change %(title)s"),
    "found": translatable("New result for a saved search: %(title)s"),
    "asked": translatable("Your question in %(title)s was answered"),
    "voted": translatable("A question you voted for in %(title)s was answered"),
    "assigned": translatable("A moderator assigned %(title)s to you"),
    "reminder": translatable("Reminder: %(title)s"),
    "bookmarked": translatable("Reminder of a bookmark: %(title)s"),
    "entry_due": translatable("Is %(title)s still correct?"),
    "entry_still_due": translatable("%(title)s needs to be verified"),
    "entry_outdated": translatable("%(title)s was marked as outdated"),
    "approved": translatable("Your text in %(title)s was approved"),
    "announced": translatable("New event: %(title)s"),
    "decided": translatable("Moderators made a decision about something you wrote"),
    "appeal_answered": translatable("Your appeal was answered"),
    "report_decided": translatable("A decision was made about your report"),
    "flag_decided": translatable("A decision was made about your report"),
}
# Reasons that the sentence says already.
_SAID = frozenset("answers_you mentions_you quotes_you asked voted assigned decided report_decided".split())


class Line(Struct, frozen=True, kw_only=True):
    """Notifications about one thing that say the same, the latest first, and who did it: None stands for somebody who is not
    named."""

    verb: str
    items: list[Notification]
    people: list[Author | None]

    @property
    def latest(self) -> Notification:
        """Return the latest notification."""
        return self.items[0]

    @property
    def target(self) -> Notification:
        """Return the notification to open: the first unread one, or the latest."""
        return next((item for item in reversed(self.items) if not item.is_read), self.items[0])

    @property
    def is_read(self) -> bool:
        """Return whether all its notifications are read."""
        return all(item.is_read for item in self.items)

    @property
    def reason(self) -> str:
        """Return why the member was notified, if the sentence does not say it."""
        latest = self.latest
        is_said = latest.because in _SAID or self.verb in ("accepted", "edited", "appeal_answered")
        return "" if is_said else latest.reason


def group_lines(items: Sequence[Notification]) -> list[list[Line]]:
    """Return notifications, the latest first, as lines in groups: one for each topic, decision and gathering."""
    groups: dict[tuple[int | None, ...], dict[str, list[Notification]]] = {}
    for item in items:
        group = groups.setdefault((item.topic, item.decision, item.gathering), {})
        group.setdefault(_verb_of(item), []).append(item)
    return [
        [Line(verb=verb, items=found, people=_people_of(found)) for verb, found in group.items()]
        for group in groups.values()
    ]


def sentence_of(line: Line, name: str, title: str, reason: str) -> str:
    """Return what happened, with the name of the first person, the title and the reason as given: a page escapes them."""
    facts = {"name": name, "title": title}
    if line.verb in ("accepted", "edited") and line.people == [None]:
        return reason
    if others := len(line.people) - 1:
        return _sentence_of_several(line.verb, others, facts)
    known = _SENTENCES.get(line.verb)
    return gettext(known, **facts) if known else title


def name_of(line: Line) -> str:
    """Return the name of the first person of a line."""
    # NOTE: who did something that is told in a notification, if that is not to be known
    return line.people[0].display_name if line.people[0] else pgettext("a person", "Somebody")


def _sentence_of_several(verb: str, others: int, facts: dict[str, str]) -> str:
    match verb:
        case "replied_to_you":
            return ngettext(
                "%(name)s and %(num)s other replied to you in %(title)s",
                "%(name)s and %(num)s others replied to you in %(title)s",
                others,
                **facts,
            )
        case "mentioned":
            return ngettext(
                "%(name)s and %(num)s other mentioned you in %(title)s",
                "%(name)s and %(num)s others mentioned you in %(title)s",
                others,
                **facts,
            )
        case "quoted":
            return ngettext(
                "%(name)s and %(num)s other quoted you in %(title)s",
                "%(name)s and %(num)s others quoted you in %(title)s",
                others,
                **facts,
            )
        case _:
            return ngettext(
                "%(name)s and %(num)s other replied in %(title)s",
                "%(name)s and %(num)s others replied in %(title)s",
                others,
                **facts,
            )


def _verb_of(item: Notification) -> str:
    match item.kind, item.because:
        case "reply", "answers_you":
            return "replied_to_you"
        case (("reply" | "posted"), _):
            return "replied"
        case "answered", because:
            return because or "asked"
    return item.kind


def _people_of(items: Sequence[Notification]) -> list[Author | None]:
    # Those who are named come first; all others count as one.
    people = {item.by.id if item.by else 0: item.by for item in items}
    return sorted(people.values(), key=lambda one: one is None)
