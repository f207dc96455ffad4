"""The SQL predicate that says which cases a viewer can see."""

from sqlalchemy import BigInteger, Boolean, ColumnElement, and_, any_, bindparam, func, or_
from sqlalchemy.dialects.postgresql import ARRAY

from moderation.tables import case_subjects, cases


def visible_cases() -> ColumnElement[bool]:
    """Return the predicate for the cases that the viewer can see: those of the sectors they moderate, those without a
    sector, and those of the gatherings they host; administrators see all.

    The statement must join `case_subjects` and is run with the values of `forum.visibility.seen_by`.
    """
    moderated = bindparam("moderated", type_=ARRAY(BigInteger))
    without_sector = and_(cases.c.sector_id.is_(None), func.cardinality(moderated) > 0)
    hosted = case_subjects.c.gathering_id == any_(bindparam("hosted", type_=ARRAY(BigInteger)))
    return or_(
        bindparam("administers", type_=Boolean), cases.c.sector_id == any_(moderated), without_sector, hosted
    )
