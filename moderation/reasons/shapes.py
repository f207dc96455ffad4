"""What comes in and goes out of the templates of reasons."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from members.shapes import Author, EmailLanguage
from moderation.shapes import Reason

# How a template is called in addresses.
TEMPLATE_KEY = r"^[a-z][a-z0-9_]{1,39}\Z"


class TemplateChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a template says from now on: its texts by language, and whether moderators are offered it. `version` is the
    one that was looked at; of a new template it is 0."""

    texts: dict[EmailLanguage, Reason]
    is_offered: bool = True
    version: Annotated[int, Meta(ge=0, le=2**31 - 2)]


class Template(Struct, frozen=True, kw_only=True):
    """A reason that comes again, in its languages. Who changed it, and when, is of those that were changed here."""

    key: str
    texts: dict[EmailLanguage, Reason]
    is_offered: bool
    version: int
    changed_at: datetime | None = None
    changed_by: Author | None = None


class TemplateList(Struct, frozen=True):
    """All templates, those that are not offered too."""

    items: list[Template]


class ShownReason(Struct, frozen=True):
    """A reason as it is shown to somebody: a template in their language, a moderator's own words as they were written;
    `mark` says so where that is another language than the reader's."""

    rule: str
    facts: str
    language: EmailLanguage
    mark: str = ""
