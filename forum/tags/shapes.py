"""The requests and responses of tags, their groups and their synonyms."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import ONE_LINE
from forum.shapes import TagName

GroupName = Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)]
About = Annotated[str, Meta(max_length=500, pattern=ONE_LINE)]
_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class TagGroup(Struct, frozen=True, kw_only=True):
    """A group of tags; `one_only`: a topic has at most one of them; `for_moderators`: only moderators add or remove them."""

    id: int
    name: str
    one_only: bool
    for_moderators: bool


class Tag(Struct, frozen=True, kw_only=True):
    """A tag: its description, the id of its group, its synonyms, and the number of topics that the reader can see."""

    name: str
    about: str
    group: int | None
    synonyms: list[str]
    topics: int


class TagList(Struct, frozen=True, kw_only=True):
    """All groups, and the tags that are on a topic the reader can see or have a description, a group or a synonym."""

    groups: list[TagGroup]
    items: list[Tag]


class TagFacts(Struct, frozen=True, kw_only=True):
    """One tag, and the tags most often used on the same topics, the most frequent first."""

    tag: Tag
    related: list[str]


class NewTagGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of tags to create."""

    name: GroupName
    one_only: bool = False
    for_moderators: bool = False


class TagGroupChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The changes to a group; absent fields stay as they are."""

    name: GroupName | UnsetType = UNSET
    one_only: bool | UnsetType = UNSET
    for_moderators: bool | UnsetType = UNSET


class TagChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The changes to a tag; absent fields stay as they are. After a change of name, the old name is a synonym."""

    name: TagName | UnsetType = UNSET
    about: About | UnsetType = UNSET
    group: _Id | None | UnsetType = UNSET


class NewSynonym(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tag that a name becomes a synonym of."""

    of: TagName
