"""Who may do what in written talk: pure rules, and the refusals they raise."""

from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied
from core.ids import MemberId, SectorId, TopicId


class TopicFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a topic."""

    id: TopicId
    sector_id: SectorId
    kind: str
    author_id: MemberId | None
    is_locked: bool
    is_gone: bool
    version: int


class PostFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a post."""

    number: int
    author_id: MemberId | None
    is_own: bool
    state: str


class TopicLocked(Denied):
    """The topic takes no more posts."""

    message = "This topic is locked. It can be read, not answered."


class TopicWithdrawn(Conflict):
    """The topic is no longer there for its readers."""

    message = "This topic was withdrawn."


class NotYours(Denied):
    """Only who wrote it may do this."""

    message = "Only who wrote it can do this."


class NotModerator(Denied):
    """Only moderators of the sector may do this."""

    message = "Only the moderators of this sector can do this."


class PostWithdrawn(Conflict):
    """The post was withdrawn; it can be restored first."""

    message = "This post was withdrawn. Restore it first."


class PostHidden(Denied):
    """The post was hidden by a moderator; its author cannot change it back."""

    message = "A moderator has hidden this post."


class NothingToRestore(Conflict):
    """It was not withdrawn."""

    message = "This post was not withdrawn."


class FirstPostStays(Conflict):
    """The first post is the topic's own text; the topic can be withdrawn instead, as long as nobody has answered."""

    message = "The first post carries the topic. Its text can be edited, but not withdrawn on its own."


class ImportedText(Conflict):
    """Mail that was imported says what was mailed."""

    message = "This came from a mailing list's archive and stays as it was sent."


def is_moderator(actor: Actor, topic: TopicFacts) -> bool:
    """Whether the actor has the moderator's duty where the topic lies."""
    return actor.moderates_in(topic.sector_id)


def ensure_can_start_topic(actor: Actor, now: datetime) -> None:
    """Verified members start topics."""
    actor.may_write(now)


def ensure_can_reply(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """Verified members reply to open topics; moderators of the sector also to locked ones."""
    actor.may_write(now)
    if is_moderator(actor, topic):
        return
    if topic.is_gone:
        raise TopicWithdrawn
    if topic.is_locked:
        raise TopicLocked


def ensure_can_change_topic(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """Title and tags are changed by who opened the topic and by moderators."""
    member = actor.may_write(now)
    if topic.author_id != member and not is_moderator(actor, topic):
        raise NotYours
    if topic.is_locked and not is_moderator(actor, topic):
        raise TopicLocked


def ensure_can_lock(actor: Actor, topic: TopicFacts) -> None:
    """Moderators of the sector lock and unlock."""
    actor.signed_in()
    if not is_moderator(actor, topic):
        raise NotModerator


def ensure_can_edit(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """One's own text, while it is published and the topic open; nobody edits another's words."""
    actor.may_write(now)
    if not post.is_own:
        raise NotYours
    _ensure_changeable(actor, topic, post)


def ensure_can_withdraw(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """One's own posts; the first one carries the topic and stays."""
    actor.may_write(now)
    if not post.is_own:
        raise NotYours
    if post.number == 1:
        raise FirstPostStays
    _ensure_changeable(actor, topic, post)


def ensure_can_restore(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """Who withdrew a post may bring it back."""
    actor.may_write(now)
    if not post.is_own:
        raise NotYours
    if post.state == "hidden":
        raise PostHidden
    if post.state != "withdrawn":
        raise NothingToRestore
    if topic.is_locked and not is_moderator(actor, topic):
        raise TopicLocked


def ensure_can_react(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """Verified members react to what they can read, also in locked topics."""
    actor.may_write(now)
    if post.state != "published":
        raise PostWithdrawn


def ensure_can_read_history(actor: Actor, topic: TopicFacts, post: PostFacts) -> None:
    """Members read what a published post said before; of others only the moderators."""
    actor.signed_in()
    if post.state != "published" and not is_moderator(actor, topic):
        raise PostWithdrawn


def _ensure_changeable(actor: Actor, topic: TopicFacts, post: PostFacts) -> None:
    if post.state == "hidden":
        raise PostHidden
    if post.state == "withdrawn":
        raise PostWithdrawn
    if topic.is_locked and not is_moderator(actor, topic):
        raise TopicLocked
