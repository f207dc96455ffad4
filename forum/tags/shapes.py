"""What comes in and goes out of tags: names by which topics are found together, in groups, with their synonyms."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import ONE_LINE, Slug

GroupName = Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)]
About = Annotated[str, Meta(max_length=500, pattern=ONE_LINE)]
_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class TagGroup(Struct, frozen=True, kw_only=True):
    """A group of tags. Of `one_only` a topic has one at most; those `for_moderators` are put on and taken off by them."""

    id: int
    name: str
    one_only: bool
    for_moderators: bool


class Tag(Struct, frozen=True, kw_only=True):
    """A tag: the id of its group, other names that stand for it, and how many topics the reader can see have it."""

    name: str
    about: str
    group: int | None
    synonyms: list[str]
    topics: int


class TagList(Struct, frozen=True, kw_only=True):
    """All groups, in their order, and the tags: those of topics that the reader can see, and those that stand in a group."""

    groups: list[TagGroup]
    items: list[Tag]


class TagFacts(Struct, frozen=True, kw_only=True):
    """One tag, and those that topics have beside it, the most frequent first."""

    tag: Tag
    related: list[str]


class NewTagGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of tags to make."""

    name: GroupName
    one_only: bool = False
    for_moderators: bool = False


class TagGroupChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a group to change."""

    name: GroupName | UnsetType = UNSET
    one_only: bool | UnsetType = UNSET
    for_moderators: bool | UnsetType = UNSET


class TagChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a tag to change; under its old name it is found as under a synonym."""

    name: Slug | UnsetType = UNSET
    about: About | UnsetType = UNSET
    group: _Id | None | UnsetType = UNSET


class NewSynonym(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tag for which a name stands from now on."""

    of: Slug
