"""Permission rules of the forum: pure functions that decide who may do what, and the refusals they raise."""

from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied
from core.ids import MemberId, SectorId, TopicId
from core.languages.texts import translatable
from members.profiles.trust import LevelPermissions


class TopicFacts(Struct, frozen=True, kw_only=True):
    """The facts about a topic that the rules use."""

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
    """The facts about a post that the rules use."""

    number: int
    author_id: MemberId | None
    is_own: bool
    state: str
    is_shared: bool = False


class TopicLocked(Denied):
    """The topic is locked: it takes no more posts from members."""

    message = translatable("This topic is locked. You can read it, but you cannot reply.")


class TopicNotBegun(Conflict):
    """The first post of the topic is held, so no other post can be added before it."""

    message = translatable("The first post of this topic is waiting for approval. Decide on that post first.")


class TopicWithdrawn(Conflict):
    """The topic was withdrawn or hidden."""

    message = translatable("This topic was withdrawn.")


class NotYours(Denied):
    """Only the author may do this."""

    message = translatable("Only the author can do this.")


class NotModerator(Denied):
    """Only moderators of the sector may do this."""

    message = translatable("Only the moderators of this sector can do this.")


class PostWithdrawn(Conflict):
    """The post was withdrawn; it has to be restored first."""

    message = translatable("This post was withdrawn. Restore it first.")


class PostHidden(Denied):
    """A moderator hid the post; its author cannot undo that."""

    message = translatable("A moderator has hidden this post.")


class NothingToRestore(Conflict):
    """The post was not withdrawn, so it cannot be restored."""

    message = translatable("This post was not withdrawn.")


class FirstPostStays(Conflict):
    """The first post is the topic's own text and cannot be withdrawn alone."""

    message = translatable(
        "The first post belongs to the topic. You can edit its text, but you cannot withdraw it alone."
    )


class TopicStays(Conflict):
    """The topic belongs to a room or a board and cannot be moved or managed separately."""

    message = translatable("This topic belongs to a room or a stock-take and stays there.")


class KindStays(Conflict):
    """The kind of a topic that belongs to a room, a board or an import cannot change."""

    message = translatable("Only discussions, questions and announcements can be changed into one another.")


class NotAQuestion(Conflict):
    """Only questions have an accepted answer."""

    message = translatable("This topic is not a question, so no post can be accepted as its answer.")


class ImportedText(Conflict):
    """Imported e-mail cannot be edited."""

    message = translatable("This message was imported from a mailing list and stays as it was sent.")


class WrittenFromFields(Conflict):
    """The title and the text of a board or an entry are generated from its fields."""

    message = translatable("This text is generated from the fields of an entry. Change the entry instead.")


# Kinds of topics whose title and first post the boards capability generates.
_GENERATED = frozenset({"board", "entry"})


def is_moderator(actor: Actor, topic: TopicFacts) -> bool:
    """Return whether the actor moderates the sector of the topic."""
    return actor.moderates_in(topic.sector_id)


def ensure_can_start_topic(actor: Actor, sector_id: SectorId, now: datetime) -> None:
    """Members who may write in the sector start topics; raise the refusals of `Actor.may_write`."""
    actor.may_write(now, sector_id)


def ensure_has_begun(topic: TopicFacts) -> None:
    """Raise TopicNotBegun while the first post of the topic is held."""
    if not topic.has_begun:
        raise TopicNotBegun


def ensure_can_reply(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """Members reply to open topics, moderators of the sector also to locked ones; raise TopicNotBegun, TopicWithdrawn or
    TopicLocked."""
    actor.may_write(now, topic.sector_id)
    ensure_has_begun(topic)
    if is_moderator(actor, topic):
        return
    if topic.is_gone:
        raise TopicWithdrawn
    if topic.is_locked:
        raise TopicLocked


def ensure_can_change_topic(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """The opener and moderators change title and tags; raise WrittenFromFields, NotYours or TopicLocked."""
    member = actor.may_write(now, topic.sector_id)
    if topic.kind in _GENERATED:
        raise WrittenFromFields
    if topic.author_id != member and not is_moderator(actor, topic):
        raise NotYours
    if topic.is_locked and not is_moderator(actor, topic):
        raise TopicLocked


def ensure_can_have_kind(actor: Actor, sector: SectorId, kind: str) -> None:
    """Only moderators of the sector create announcements; every member creates the other kinds. Raise NotModerator."""
    if kind == "announcement" and not actor.moderates_in(sector):
        raise NotModerator


def ensure_can_change_kind(actor: Actor, topic: TopicFacts, kind: str) -> None:
    """Members change discussions and questions into each other, moderators all kinds; raise KindStays or NotModerator."""
    if topic.kind not in ("discussion", "question", "announcement"):
        raise KindStays(field="kind")
    ensure_can_have_kind(actor, topic.sector_id, kind)
    ensure_can_have_kind(actor, topic.sector_id, topic.kind)


def ensure_can_accept_answer(actor: Actor, topic: TopicFacts, now: datetime) -> None:
    """The member who asked the question and moderators accept an answer; raise NotYours or NotAQuestion."""
    member = actor.may_write(now, topic.sector_id)
    if topic.author_id != member and not is_moderator(actor, topic):
        raise NotYours
    if topic.kind != "question":
        raise NotAQuestion


def ensure_can_manage(actor: Actor, topic: TopicFacts) -> None:
    """Moderators of the sector pin, slow down, schedule and assign discussions; raise NotModerator or TopicStays."""
    ensure_can_lock(actor, topic)
    if topic.kind not in _INDEPENDENT:
        raise TopicStays


def ensure_can_lock(actor: Actor, topic: TopicFacts) -> None:
    """Moderators of the sector lock and unlock topics; raise NotModerator."""
    actor.signed_in()
    if not is_moderator(actor, topic):
        raise NotModerator


# Kinds of topics that stand alone; all other kinds belong to a room or a board.
_INDEPENDENT = frozenset({"discussion", "question", "announcement", "mail"})


def ensure_can_move(actor: Actor, topic: TopicFacts, to_sector: SectorId | None = None) -> None:
    """Moderators of the sector move topics and posts, to another sector only if they moderate both; raise NotModerator or
    TopicStays."""
    actor.signed_in()
    if not is_moderator(actor, topic) or (to_sector is not None and not actor.moderates_in(to_sector)):
        raise NotModerator
    if topic.kind not in _INDEPENDENT:
        raise TopicStays


class NotTrustedYet(Denied):
    """The member's trust level does not allow editing shared posts yet."""

    message = translatable("You can edit shared posts once you have written here for a while.")


class SharedByNobody(Conflict):
    """Anonymous and generated posts and posts in rooms cannot be shared for editing."""

    message = translatable("This post cannot be opened for editing by others.")


def ensure_can_edit(
    actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime, rights: LevelPermissions
) -> None:
    """Authors edit their own published posts in open topics, and trusted members edit shared posts; raise NotYours,
    NotTrustedYet, WrittenFromFields, PostHidden, PostWithdrawn or TopicLocked."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own and not post.is_shared:
        raise NotYours
    if not post.is_own and not rights.edits_wiki:
        raise NotTrustedYet
    if topic.kind in _GENERATED and post.number == 1:
        raise WrittenFromFields
    _ensure_changeable(actor, topic, post)


def ensure_can_share(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """The author and moderators of the sector decide whether others may edit a post; raise NotYours, SharedByNobody,
    PostHidden, PostWithdrawn or TopicLocked."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own and not is_moderator(actor, topic):
        raise NotYours
    if post.author_id is None or (topic.kind in _GENERATED and post.number == 1) or topic.kind == "room":
        raise SharedByNobody
    _ensure_changeable(actor, topic, post)


def ensure_can_withdraw(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """Authors withdraw their own posts, except the first post of a topic; raise NotYours, FirstPostStays, PostHidden,
    PostWithdrawn or TopicLocked."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own:
        raise NotYours
    if post.number == 1:
        raise FirstPostStays
    _ensure_changeable(actor, topic, post)


def ensure_can_restore(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """Authors restore posts that they withdrew; raise NotYours, PostHidden, NothingToRestore or TopicLocked."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own:
        raise NotYours
    if post.state == "hidden":
        raise PostHidden
    if post.state != "withdrawn":
        raise NothingToRestore
    if topic.is_locked and not is_moderator(actor, topic):
        raise TopicLocked


def ensure_can_read_history(actor: Actor, topic: TopicFacts, post: PostFacts) -> None:
    """Who can read a published post can read its history, moderators of the sector that of all posts; raise PostWithdrawn.

    Visitors see that a post was edited, so they can see how.
    """
    if post.state != "published" and not is_moderator(actor, topic):
        raise PostWithdrawn


def _ensure_changeable(actor: Actor, topic: TopicFacts, post: PostFacts) -> None:
    if post.state == "hidden":
        raise PostHidden
    if post.state == "withdrawn":
        raise PostWithdrawn
    if topic.is_locked and not is_moderator(actor, topic):
        raise TopicLocked
