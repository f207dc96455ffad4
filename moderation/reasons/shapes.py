"""Request and response structs of reason templates."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from members.shapes import Author, EmailLanguage
from moderation.shapes import Reason

# The format of a template's key in URLs.
TEMPLATE_KEY = r"^[a-z][a-z0-9_]{1,39}\Z"


class TemplateChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The complete new content of a template: its texts by language, and whether moderators are offered it. `version` is
    the version that was edited, or 0 for a new template."""

    texts: dict[EmailLanguage, Reason]
    is_offered: bool = True
    version: Annotated[int, Meta(ge=0, le=2**31 - 2)]


class Template(Struct, frozen=True, kw_only=True):
    """A reason template with its languages. A template that ships with the service has no time and author of a change."""

    key: str
    texts: dict[EmailLanguage, Reason]
    is_offered: bool
    version: int
    changed_at: datetime | None = None
    changed_by: Author | None = None


class TemplateList(Struct, frozen=True):
    """All templates, including those that moderators are not offered."""

    items: list[Template]


class ShownReason(Struct, frozen=True):
    """A reason as shown to a reader: a template in their language, or a moderator's own words as written. `mark` names
    the language if it is not the reader's."""

    rule: str
    facts: str
    language: EmailLanguage
    mark: str = ""
