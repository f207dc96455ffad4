"""What roles are called on pages, and their values in forms."""

from collections.abc import Iterable, Mapping

from core.languages.texts import gettext
from gatherings.gatherings import read_gatherings
from members.shapes import OwnDuty
from pages.shell.layout import Community
from storage.database import Reader


async def role_options(tx: Reader, community: Community) -> tuple[list[tuple[str, str]], dict[int, str]]:
    """Return the roles to choose from, each with its value, and the titles of coming events by their ids."""
    titles = {one.id: one.local_title for one in (await read_gatherings(tx, "upcoming")).items}
    options = [("administrator", gettext("Administrator"))]
    options += [(f"moderator {slug}", moderator_of(name)) for slug, name in community.sectors]
    options += [(f"host {number}", host_of(title)) for number, title in titles.items()]
    return options, titles


def named_roles(
    roles: Iterable[OwnDuty], community: Community, titles: Mapping[int, str]
) -> list[tuple[str, str]]:
    """Return the value and the name of each role."""
    return [role_name(one.duty, one.sector, one.gathering, community, titles) for one in roles]


def role_name(
    duty: str, sector: str | None, gathering: int | None, community: Community, titles: Mapping[int, str]
) -> tuple[str, str]:
    """Return the value of a role in forms, and its name."""
    if duty == "moderator" and sector:
        return f"moderator {sector}", moderator_of(dict(community.sectors).get(sector, sector))
    if duty == "host" and gathering:
        title = titles.get(gathering) or gettext("event %(number)s", number=gathering)
        return f"host {gathering}", host_of(title)
    return "administrator", gettext("Administrator")


def moderator_of(sector: str) -> str:
    """Return the name of the role of moderators of a sector."""
    return gettext("Moderator of %(sector)s", sector=sector)


def host_of(event: str) -> str:
    """Return the name of the role of hosts of an event."""
    return gettext("Host of %(event)s", event=event)
