"""Which topics and which texts somebody can see: the predicates every reader goes through."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, and_, any_, bindparam, or_
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from forum.tables import posts, topics


def seen_by(actor: Actor) -> dict[str, Any]:
    """The values with which a statement that contains these predicates is run for somebody."""
    return {"moderated": list(actor.moderates), "administers": actor.is_administrator}


def is_moderated() -> ColumnElement[bool]:
    """The topic lies in a sector that the viewer moderates; administrators moderate all."""
    moderated = bindparam("moderated", type_=ARRAY(BigInteger))
    return or_(bindparam("administers", type_=Boolean), topics.c.sector_id == any_(moderated))


def visible_topics() -> ColumnElement[bool]:
    """Every topic that was neither withdrawn nor hidden; to its moderators also those."""
    return or_(and_(topics.c.withdrawn_at.is_(None), topics.c.hidden_at.is_(None)), is_moderated())


def visible_text() -> ColumnElement[bool]:
    """The text of published posts; of others it is gone for everyone but the moderators of the sector.

    The place of such a post in its topic stays visible as a tombstone, so that the answers to it keep their parent.
    """
    return or_(posts.c.state == "published", is_moderated())
