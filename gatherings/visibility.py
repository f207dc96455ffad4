"""Which questions of a room an actor or an audience can see, as SQL conditions and the values they are run with.

Who can see a room is decided by its topic (`forum.visibility.visible_topics`).
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, LargeBinary, and_, bindparam, false, func, or_

from core import clock
from core.actor import VISITOR, Actor
from forum.tables import posts
from gatherings.policy_rooms import RoomFacts
from gatherings.tables import questions
from members.pseudonyms import own_pseudonym

# The states in which a question's post is part of the room's topic. A dismissed or withdrawn question keeps its post
# as it was before.
STATES_IN_TOPIC = frozenset({"live", "shortlisted", "on_stage", "answered", "merged"})


def is_mine() -> ColumnElement[bool]:
    """Return the condition that the viewer wrote the post, with a name or under the viewer's own pseudonym.

    Only the member's own session can compute the pseudonym of an anonymous post.
    """
    named = posts.c.author_id == bindparam("viewer", type_=BigInteger)
    unnamed = posts.c.pseudonym == bindparam("pseudonym", type_=LargeBinary)
    return func.coalesce(or_(func.coalesce(named, false()), unnamed), false())


def visible_questions() -> ColumnElement[bool]:
    """Return the condition for the questions whose text the viewer can see; nobody sees withdrawn or hidden ones.

    Everyone sees published questions in the states of STATES_IN_TOPIC. Hosts and the asker also see questions that wait
    for approval or were dismissed. Dismissing a published question removes it from the room's list only: its post stays
    in the topic, where moderators can hide it.
    """
    is_in_topic = or_(*(questions.c.state == state for state in sorted(STATES_IN_TOPIC)))
    is_pending_or_dismissed = or_(questions.c.state == "pending", questions.c.state == "dismissed")
    return or_(
        and_(posts.c.state == "published", is_in_topic),
        and_(
            or_(posts.c.state == "published", posts.c.state == "held"),
            is_pending_or_dismissed,
            is_host_or_asker(),
        ),
    )


def known_questions() -> ColumnElement[bool]:
    """Return the condition for questions whose existence the viewer may know of.

    These are all except questions that were never approved, which only hosts and the asker know of.
    """
    return or_(posts.c.state != "held", is_host_or_asker())


def is_host_or_asker() -> ColumnElement[bool]:
    """Return the condition that the viewer hosts the room or asked the question."""
    return or_(bindparam("hosting", type_=Boolean), is_mine())


def question_binds_for_actor(actor: Actor, room: RoomFacts) -> dict[str, Any]:
    """Return the bind values of these conditions for an actor in a room."""
    return {
        "viewer": actor.id,
        "pseudonym": own_pseudonym(actor, room.topic_id),
        "hosting": actor.hosts_at(room.gathering_id),
        "now": clock.now(),
    }


def question_binds_for_audience(audience: str) -> dict[str, Any]:
    """Return the bind values of these conditions for an audience, `host` or `all`."""
    return {
        "viewer": VISITOR.id,
        "pseudonym": None,
        "hosting": audience == "host",
        "now": clock.now(),
    }
