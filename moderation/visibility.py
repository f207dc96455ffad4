"""Which cases somebody can see. (Run with `forum.visibility.seen_by`: duties are per sector there as here.)"""

from sqlalchemy import BigInteger, Boolean, ColumnElement, and_, any_, bindparam, func, or_
from sqlalchemy.dialects.postgresql import ARRAY

from moderation.tables import case_subjects, cases


def visible_cases() -> ColumnElement[bool]:
    """The cases of the sectors that the viewer moderates, and those that lie in none; of the gatherings that the viewer
    hosts; administrators see all. For statements that join `case_subjects`."""
    moderated = bindparam("moderated", type_=ARRAY(BigInteger))
    in_none = and_(cases.c.sector_id.is_(None), func.cardinality(moderated) > 0)
    hosted = case_subjects.c.gathering_id == any_(bindparam("hosted", type_=ARRAY(BigInteger)))
    return or_(bindparam("administers", type_=Boolean), cases.c.sector_id == any_(moderated), in_none, hosted)
