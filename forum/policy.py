"""Who may do what in written talk: pure rules, and the refusals they raise."""

from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied
from core.ids import MemberId, SectorId, TopicId
from members.profiles.trust import LevelPermissions


class TopicFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a topic."""

    id: TopicId
    sector_id: SectorId
    kind: str
    author_id: MemberId | None
    is_locked: bool
    is_gone: bool
    version: int
    slow_seconds: int = 0
    slow_until: datetime | None = None
    has_begun: bool = True


class PostFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a post."""

    number: int
    author_id: MemberId | None
    is_own: bool
    state: str
    is_shared: bool = False


class TopicLocked(Denied):
    """The topic takes no more posts."""

    message = "This topic is locked. It can be read, not answered."


class TopicNotBegun(Conflict):
    """The post that a topic begins with is held: nothing else is put in its place."""

    message = "The first post of this topic waits to be looked at. Decide about that first."


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


class TopicStays(Conflict):
    """It is part of a room or a board, which would be left without it."""

    message = "This belongs to a room or a board and stays there."


class KindStays(Conflict):
    """What came from elsewhere stays what it is."""

    message = "Only discussions, questions and announcements can become one another."


class NotAQuestion(Conflict):
    """Only a question has an answer."""

    message = "This topic is no question, so no post can be its answer."


class ImportedText(Conflict):
    """Mail that was imported says what was mailed."""

    message = "This came from a mailing list's archive and stays as it was sent."


class WrittenFromFields(Conflict):
    """What a board or an entry says is written from its fields."""

    message = "This says what an entry says: change the entry, and this will follow."


# Kinds of topics whose title and first post are written by boards.
_WRITTEN = frozenset({"board", "entry"})


def is_moderator(actor: Actor, topic: TopicFacts) -> bool:
    """Whether the actor has the moderator's duty where the topic lies."""
    return actor.moderates_in(topic.sector_id)


def ensure_can_start_topic(actor: Actor, sector_id: SectorId, now: datetime) -> None:
    """Verified members start topics."""
    actor.may_write(now, sector_id)


def ensure_has_begun(topic: TopicFacts) -> None:
    """Nothing comes before the post that a topic begins with."""
    if not topic.has_begun:
        raise TopicNotBegun


def ensure_can_reply(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """Verified members reply to open topics; moderators of the sector also to locked ones."""
    actor.may_write(now, topic.sector_id)
    ensure_has_begun(topic)
    if is_moderator(actor, topic):
        return
    if topic.is_gone:
        raise TopicWithdrawn
    if topic.is_locked:
        raise TopicLocked


def ensure_can_change_topic(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """Title and tags are changed by who opened the topic and by moderators."""
    member = actor.may_write(now, topic.sector_id)
    if topic.kind in _WRITTEN:
        raise WrittenFromFields
    if topic.author_id != member and not is_moderator(actor, topic):
        raise NotYours
    if topic.is_locked and not is_moderator(actor, topic):
        raise TopicLocked


def ensure_can_have_kind(actor: Actor, sector: SectorId, kind: str) -> None:
    """Announcements are made by the moderators of the sector, all else by everybody."""
    if kind == "announcement" and not actor.moderates_in(sector):
        raise NotModerator


def ensure_can_change_kind(actor: Actor, topic: TopicFacts, kind: str) -> None:
    """Who may change a topic makes a discussion a question, and back; announcements are for moderators, both ways."""
    if topic.kind not in ("discussion", "question", "announcement"):
        raise KindStays(field="kind")
    ensure_can_have_kind(actor, topic.sector_id, kind)
    ensure_can_have_kind(actor, topic.sector_id, topic.kind)


def ensure_can_accept_answer(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """Who asked says what the answer is, or a moderator does."""
    member = actor.may_write(now, topic.sector_id)
    if topic.author_id != member and not is_moderator(actor, topic):
        raise NotYours
    if topic.kind != "question":
        raise NotAQuestion


def ensure_can_manage(actor: Actor, topic: TopicFacts) -> None:
    """Moderators of the sector pin, slow down, set timers and assign what is a discussion of its own."""
    ensure_can_lock(actor, topic)
    if topic.kind not in _CURATED:
        raise TopicStays


def ensure_can_lock(actor: Actor, topic: TopicFacts) -> None:
    """Moderators of the sector lock and unlock."""
    actor.signed_in()
    if not is_moderator(actor, topic):
        raise NotModerator


# Of what is curated like a discussion; all others are parts of something else.
_CURATED = frozenset({"discussion", "question", "announcement", "mail"})


def ensure_can_move(actor: Actor, topic: TopicFacts, to_sector: SectorId | None = None) -> None:
    """Moderators move what is in their sector; to another sector those alone who moderate that one too."""
    actor.signed_in()
    if not is_moderator(actor, topic) or (to_sector is not None and not actor.moderates_in(to_sector)):
        raise NotModerator
    if topic.kind not in _CURATED:
        raise TopicStays


class NotTrustedYet(Denied):
    """What several edit is edited by who has been here for a while."""

    message = "Posts that several may edit are for those who have written here before."


class SharedByNobody(Conflict):
    """Only what somebody has written under a name can be given to others to edit."""

    message = "This cannot be given to others to edit."


def ensure_can_edit(
    actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime, rights: LevelPermissions
) -> None:
    """One's own text, while it is published and the topic open; another's only where its author lets others edit it."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own and not post.is_shared:
        raise NotYours
    if not post.is_own and not rights.edits_wiki:
        raise NotTrustedYet
    if topic.kind in _WRITTEN and post.number == 1:
        raise WrittenFromFields
    _ensure_changeable(actor, topic, post)


def ensure_can_share(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """Its author says whether others may edit a post, or a moderator of the sector does."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own and not is_moderator(actor, topic):
        raise NotYours
    if post.author_id is None or (topic.kind in _WRITTEN and post.number == 1) or topic.kind == "room":
        raise SharedByNobody
    _ensure_changeable(actor, topic, post)


def ensure_can_withdraw(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """One's own posts; the first one carries the topic and stays."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own:
        raise NotYours
    if post.number == 1:
        raise FirstPostStays
    _ensure_changeable(actor, topic, post)


def ensure_can_restore(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """Who withdrew a post may bring it back."""
    actor.may_write(now, topic.sector_id)
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
    actor.may_write(now, topic.sector_id)
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
