"""Visibility of topics and posts: the SQL predicates that every query of topics and posts uses."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, all_, and_, any_, bindparam, exists, or_
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from forum.tables import posts, topic_readers, topics
from members.tables import body_members


def seen_by(actor: Actor) -> dict[str, Any]:
    """Return the bind values for a statement that contains these predicates, for the given viewer.

    A suspended member reads what visitors read, everywhere: on pages, in feeds, e-mails and rooms.
    """
    return {
        "moderated": list(actor.moderates),
        "administers": actor.is_administrator,
        "reader": actor.id,
        "insider": None if actor.suspended_until else actor.id,
        "hosted": list(actor.hosts),
        "admitted": list(actor.admitted),
        "removed": list(actor.removed),
    }


def is_moderated() -> ColumnElement[bool]:
    """Return the condition for topics in sectors that the viewer moderates; administrators moderate all sectors."""
    moderated = bindparam("moderated", type_=ARRAY(BigInteger))
    return or_(bindparam("administers", type_=Boolean), topics.c.sector_id == any_(moderated))


def visible_topics() -> ColumnElement[bool]:
    """Return the condition for topics that the viewer can see: readable ones that are not withdrawn, hidden or merged.

    Moderators of the sector also see withdrawn and hidden topics.
    """
    return and_(topics.c.merged_into.is_(None), visible_or_merged())


def visible_or_merged() -> ColumnElement[bool]:
    """Return the condition of `visible_topics` including merged topics, for redirects and move notes.

    A member who was removed from a private room does not see its topic.
    """
    removed = bindparam("removed", type_=ARRAY(BigInteger))
    may_see = and_(topics.c.withdrawn_at.is_(None), topics.c.hidden_at.is_(None), _may_read())
    return and_(topics.c.id != all_(removed), or_(may_see, is_moderated()))


def is_for_everyone() -> ColumnElement[bool]:
    """Return the condition for topics that everyone can read; use it for counts and lists that are the same for everyone."""
    return and_(
        topics.c.withdrawn_at.is_(None),
        topics.c.hidden_at.is_(None),
        topics.c.merged_into.is_(None),
        topics.c.readers == "everyone",
    )


def is_listed_reader(reader: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition for topics that list the member as a reader: by invitation or as a member of the committee."""
    invited = exists().where(topic_readers.c.topic_id == topics.c.id, topic_readers.c.member_id == reader)
    seated = exists().where(body_members.c.body == topics.c.body, body_members.c.member_id == reader)
    return or_(invited, seated)


def _may_read() -> ColumnElement[bool]:
    # Hosts of the gathering and members admitted to the room can read its topic in any case.
    reader = bindparam("insider", type_=BigInteger)
    return or_(
        topics.c.readers == "everyone",
        and_(topics.c.readers == "members", reader.is_not(None)),
        topics.c.gathering_id == any_(bindparam("hosted", type_=ARRAY(BigInteger))),
        topics.c.id == any_(bindparam("admitted", type_=ARRAY(BigInteger))),
        and_(topics.c.readers == "listed", is_listed_reader(reader)),
    )


def has_begun() -> ColumnElement[bool]:
    """Return the condition for topics whose first post is published, in contrast to those whose first post is held."""
    return or_(topics.c.last_number > 0, topics.c.hidden_at.is_(None))


def visible_text() -> ColumnElement[bool]:
    """Return the condition for posts whose text the viewer can read: published ones; moderators of the sector read all.

    A withdrawn or hidden post stays visible as a tombstone, so that its replies keep their parent.
    """
    return or_(posts.c.state == "published", is_moderated())


def quotable_text() -> ColumnElement[bool]:
    """Return the condition for posts whose text may be shown inside other posts: published ones in topics for everyone.

    The condition does not depend on the viewer, so a post with quotes looks the same to everyone. Within one topic it is
    enough that the quoted post is published; the caller checks that.
    """
    return and_(posts.c.state == "published", is_for_everyone())


def posts_not_held() -> ColumnElement[bool]:
    """Return the condition that leaves out held posts, which wait for approval and are not part of their topic yet."""
    return posts.c.state != "held"
