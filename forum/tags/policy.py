"""Who may do what with tags, and the refusals."""

from collections.abc import Iterable, Mapping, Sequence

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from forum.tags.shapes import TagGroup


class NotTagKeeper(Denied):
    """Tags belong to all sectors, so any moderator may tend them."""

    message = "Tags are tended by moderators."


class TagForModerators(Denied):
    """A tag of its group is put on and taken off by moderators."""

    message = "This tag is put on and taken off by moderators."


class OneTagOfGroup(Invalid):
    """Of its group a topic has one tag at most."""

    message = "A topic has one tag of this group at most."


class TagTaken(Conflict):
    """There is a tag of this name already; the other can become its synonym."""

    message = "There is such a tag already. Make the other one its synonym, and both are one."


class OwnSynonym(Invalid):
    """A name cannot stand for itself, nor for another name that only stands for something."""

    message = "A tag cannot be a synonym of itself, nor of a synonym."


class GroupTaken(Conflict):
    """There is a group of this name already."""

    message = "There is a group of this name already."


def ensure_can_keep_tags(actor: Actor) -> None:
    """Groups, names and synonyms are the same in all sectors: whoever moderates one, or administers, tends them."""
    actor.signed_in()
    if not (actor.is_administrator or actor.moderates):
        raise NotTagKeeper


def ensure_can_tag(
    actor: Actor, groups: Mapping[str, TagGroup], tags: Sequence[str], before: Iterable[str] = ()
) -> None:
    """Whether a topic may have these tags that had others before; `groups` are those of the tags that are in one."""
    keeps = actor.is_administrator or bool(actor.moderates)
    for changed in set(tags) ^ set(before):
        if changed in groups and groups[changed].for_moderators and not keeps:
            raise TagForModerators(f"The tag {changed} is put on and taken off by moderators.", field="tags")
    only: dict[int, str] = {}
    for tag in tags:
        group = groups.get(tag)
        if group is not None and group.one_only and only.setdefault(group.id, tag) != tag:
            raise OneTagOfGroup(f"A topic has one tag of the group {group.name} at most.", field="tags")
