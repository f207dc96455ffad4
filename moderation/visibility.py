"""Which cases somebody can see. (Run with `forum.visibility.seen_by`: duties are per sector there as here.)"""

from sqlalchemy import BigInteger, Boolean, ColumnElement, any_, bindparam, or_
from sqlalchemy.dialects.postgresql import ARRAY

from moderation.tables import cases


def visible_cases() -> ColumnElement[bool]:
    """The cases of the sectors that the viewer moderates; administrators moderate all."""
    moderated = bindparam("moderated", type_=ARRAY(BigInteger))
    return or_(bindparam("administers", type_=Boolean), cases.c.sector_id == any_(moderated))
