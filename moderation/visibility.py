"""Which cases somebody can see. (Run with `forum.visibility.seen_by`: duties are per sector there as here.)"""

from sqlalchemy import BigInteger, Boolean, ColumnElement, and_, any_, bindparam, func, or_
from sqlalchemy.dialects.postgresql import ARRAY

from moderation.tables import cases


def visible_cases() -> ColumnElement[bool]:
    """The cases of the sectors that the viewer moderates, and those that lie in none; administrators moderate all."""
    moderated = bindparam("moderated", type_=ARRAY(BigInteger))
    in_none = and_(cases.c.sector_id.is_(None), func.cardinality(moderated) > 0)
    return or_(bindparam("administers", type_=Boolean), cases.c.sector_id == any_(moderated), in_none)
