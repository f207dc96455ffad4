"""Which topics and which texts somebody can see: the predicates every reader goes through."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, all_, and_, any_, bindparam, exists, or_
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from forum.tables import posts, topic_readers, topics
from members.tables import body_members


def seen_by(actor: Actor) -> dict[str, Any]:
    """The values with which a statement that contains these predicates is run for somebody."""
    return {
        "moderated": list(actor.moderates),
        "administers": actor.is_administrator,
        "reader": actor.id,
        "hosted": list(actor.hosts),
        "admitted": list(actor.admitted),
        "removed": list(actor.removed),
    }


def is_moderated() -> ColumnElement[bool]:
    """The topic lies in a sector that the viewer moderates; administrators moderate all."""
    moderated = bindparam("moderated", type_=ARRAY(BigInteger))
    return or_(bindparam("administers", type_=Boolean), topics.c.sector_id == any_(moderated))


def visible_topics() -> ColumnElement[bool]:
    """Every topic that was neither withdrawn nor hidden, to those who may read it; to its moderators all. One that was
    merged into another is there no more."""
    return and_(topics.c.merged_into.is_(None), visible_or_merged())


def visible_or_merged() -> ColumnElement[bool]:
    """The same, for those alone who look for what has become of a topic. A room is not there for who was sent out."""
    removed = bindparam("removed", type_=ARRAY(BigInteger))
    may_see = and_(topics.c.withdrawn_at.is_(None), topics.c.hidden_at.is_(None), _may_read())
    return and_(topics.c.id != all_(removed), or_(may_see, is_moderated()))


def is_for_everyone() -> ColumnElement[bool]:
    """What counts and lists that are the same for everyone are made of."""
    return and_(
        topics.c.withdrawn_at.is_(None),
        topics.c.hidden_at.is_(None),
        topics.c.merged_into.is_(None),
        topics.c.readers == "everyone",
    )


def is_listed_reader(reader: ColumnElement[int]) -> ColumnElement[bool]:
    """Somebody is invited to the topic, or sits on the body that it is for."""
    invited = exists().where(topic_readers.c.topic_id == topics.c.id, topic_readers.c.member_id == reader)
    seated = exists().where(body_members.c.body == topics.c.body, body_members.c.member_id == reader)
    return or_(invited, seated)


def _may_read() -> ColumnElement[bool]:
    """Everyone, members, or those listed, by themselves or with their body; and the hosts of the gathering in any case."""
    reader = bindparam("reader", type_=BigInteger)
    return or_(
        topics.c.readers == "everyone",
        and_(topics.c.readers == "members", reader.is_not(None)),
        topics.c.gathering_id == any_(bindparam("hosted", type_=ARRAY(BigInteger))),
        topics.c.id == any_(bindparam("admitted", type_=ARRAY(BigInteger))),
        and_(topics.c.readers == "listed", is_listed_reader(reader)),
    )


def has_begun() -> ColumnElement[bool]:
    """The topic does not wait for its first post, which is held."""
    return or_(topics.c.last_number > 0, topics.c.hidden_at.is_(None))


def visible_text() -> ColumnElement[bool]:
    """The text of published posts; of others it is gone for everyone but the moderators of the sector.

    The place of such a post in its topic stays visible as a tombstone, so that the answers to it keep their parent.
    """
    return or_(posts.c.state == "published", is_moderated())


def quotable_text() -> ColumnElement[bool]:
    """The text that may be shown inside other posts: of what is published, where everybody reads it. The same for all who
    look, so that a post with quotations in it is the same for all of them too; in the same topic it is enough that the
    text is published."""
    return and_(posts.c.state == "published", is_for_everyone())


def posts_not_held() -> ColumnElement[bool]:
    """Posts that are there at all. A held one waits for approval: until then its topic knows nothing of it, and it is
    read only where it was written, as in the room whose question it is."""
    return posts.c.state != "held"
