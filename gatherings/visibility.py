"""Which questions somebody can see. (A room can be seen by who can see its topic: `forum.visibility.visible_topics`.)"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, LargeBinary, and_, bindparam, false, func, or_

from core import clock
from core.actor import VISITOR, Actor
from forum.tables import posts
from gatherings.policy import PLACED, RoomFacts
from gatherings.tables import questions
from members.pseudonyms import own_pseudonym


def is_mine() -> ColumnElement[bool]:
    """The viewer asked it; what was asked anonymously is known by the pseudonym that only the asker's session can make."""
    named = posts.c.author_id == bindparam("viewer", type_=BigInteger)
    unnamed = posts.c.pseudonym == bindparam("pseudonym", type_=LargeBinary)
    return func.coalesce(or_(func.coalesce(named, false()), unnamed), false())


def visible_questions() -> ColumnElement[bool]:
    """Questions on their way; those that wait for approval, or were dismissed, for hosts and who asked them; none that
    was withdrawn or hidden.

    To dismiss takes a question off the room's list; the post it is stays in the topic, where moderators may hide it.
    """
    on_its_way = or_(*(questions.c.state == state for state in sorted(PLACED)))
    waits_or_dismissed = or_(questions.c.state == "pending", questions.c.state == "dismissed")
    return or_(
        and_(posts.c.state == "published", on_its_way),
        and_(or_(posts.c.state == "published", posts.c.state == "held"), waits_or_dismissed, is_close()),
    )


def known_questions() -> ColumnElement[bool]:
    """All but those that were never approved, of which only hosts and who asked them know."""
    return or_(posts.c.state != "held", is_close())


def is_close() -> ColumnElement[bool]:
    """The viewer hosts the room, or asked it."""
    return or_(bindparam("hosting", type_=Boolean), is_mine())


def questions_seen_by(actor: Actor, room: RoomFacts) -> dict[str, Any]:
    """The values with which a statement with these predicates is run for somebody in a room."""
    return {
        "viewer": actor.id,
        "pseudonym": own_pseudonym(actor, room.topic_id),
        "hosting": actor.hosts_at(room.gathering_id),
        "now": clock.now(),
    }


def questions_heard_by(audience: str) -> dict[str, Any]:
    """The same for a class of listeners."""
    return {
        "viewer": VISITOR.id,
        "pseudonym": None,
        "hosting": audience == "host",
        "now": clock.now(),
    }
