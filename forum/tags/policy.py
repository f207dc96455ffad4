"""The rules of tags: who may manage them, and which tags a topic may have."""

from collections.abc import Iterable, Mapping, Sequence

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.languages.texts import translatable
from forum.tags.shapes import TagGroup

MAX_TAGS = 8


class NotTagKeeper(Denied):
    """The actor is no moderator and no administrator; tags belong to all sectors, so any moderator may manage them."""

    message = translatable("Only moderators can manage tags.")


class TagForModerators(Denied):
    """The tag is in a group whose tags only moderators may add to topics or remove from them."""

    message = translatable("Only moderators can add or remove this tag.")


class OneTagOfGroup(Invalid):
    """The topic would have two tags of a group that allows only one."""

    message = translatable("A topic can have only one tag of this group.")


class TooManyTags(Invalid):
    """A topic would have more than `MAX_TAGS` tags."""

    message = translatable("A topic can have up to 8 tags. Remove some.")


class TagTaken(Conflict):
    """There is a tag with the new name already; the old tag can become its synonym instead."""

    message = translatable(
        "There is a tag with this name already. To join the two tags, make one a synonym of the other."
    )


class OwnSynonym(Invalid):
    """A tag would become a synonym of itself or of a synonym."""

    message = translatable("A tag cannot be a synonym of itself, nor of a synonym.")


class GroupTaken(Conflict):
    """There is a group with this name already."""

    message = translatable("There is a group with this name already.")


def ensure_can_manage_tags(actor: Actor) -> None:
    """Moderators of any sector and administrators manage tags, because all sectors share them; raise NotTagKeeper.

    Raises SignInFirst for visitors.
    """
    actor.signed_in()
    if not (actor.is_administrator or actor.moderates):
        raise NotTagKeeper


def ensure_can_tag(
    actor: Actor, groups: Mapping[str, TagGroup], tags: Sequence[str], before: Iterable[str] = ()
) -> None:
    """Check the new tags of a topic against their groups; raise TagForModerators or OneTagOfGroup.

    `before` are the tags that the topic has now, and `groups` maps each tag that is in a group to it.
    """
    is_manager = actor.is_administrator or bool(actor.moderates)
    for changed in set(tags) ^ set(before):
        if changed in groups and groups[changed].for_moderators and not is_manager:
            raise TagForModerators(
                translatable("Only moderators can add or remove the tag %(tag)s."), field="tags", tag=changed
            )
    only: dict[int, str] = {}
    for tag in tags:
        group = groups.get(tag)
        if group is not None and group.one_only and only.setdefault(group.id, tag) != tag:
            raise OneTagOfGroup(
                translatable("A topic can have only one tag of the group %(group)s."),
                field="tags",
                group=group.name,
            )
