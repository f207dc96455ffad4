"""Profiles: what members publish about themselves, and the author data shown with their contributions."""

from collections.abc import Collection

from msgspec import UNSET, structs
from sqlalchemy import Text, bindparam, select

from core.actor import Actor
from core.errors import Invalid, NotFound, Stale
from core.ids import MemberId
from core.languages.texts import translatable
from core.text import escape_like, tidy, tidy_name
from members.events import ProfileChanged, ProfileTextsChanged
from members.handles import normalize_handle, skeleton
from members.profiles.countries import COUNTRIES
from members.profiles.display_names import ensure_name_available
from members.profiles.profile_hiding import FREE_TEXT_FIELDS
from members.profiles.trust import LevelPermissions, ensure_addresses_within_rights
from members.shapes import Author, Me, OwnDuty, Profile, ProfileChange, Taxonomies
from members.tables import members
from storage.database import Reader, Transaction
from storage.statements import statement

_PROFILE_COLUMNS = (
    "organisation stakeholder_group country sectors stages materials languages letters_in post_order about public joined_at "
    "picture silenced_until version"
).split()
_OWN_COLUMNS = (
    members.c.id,
    members.c.handle,
    members.c.display_name,
    members.c.email,
    members.c.email_verified_at.is_not(None).label("is_verified"),
    members.c.failing_address,
    *(members.c[name] for name in _PROFILE_COLUMNS),
)
SELECT_OWN_PROFILE = statement(select(*_OWN_COLUMNS).where(members.c.id == bindparam("member")))
LOCK_OWN_PROFILE = statement(
    select(*_OWN_COLUMNS, members.c.skeleton).where(members.c.id == bindparam("member")).with_for_update()
)
SELECT_OWN_DUTIES = statement("""
SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering FROM duties d LEFT JOIN sectors s ON s.id = d.sector_id
WHERE d.member_id = :member ORDER BY d.duty, s.slug, d.gathering_id
""")
SELECT_PROFILE = statement(
    select(
        members.c.id,
        members.c.handle,
        members.c.display_name,
        members.c.is_claimed,
        members.c.profile_hidden_at,
        *(members.c[n] for n in _PROFILE_COLUMNS),
    ).where(members.c.handle == bindparam("handle", type_=Text))
)
SELECT_MEMBER_IDS = statement("""
SELECT handle, id FROM members WHERE handle = ANY(CAST(:handles AS text[]))
AND (is_claimed OR NOT CAST(:claimed_only AS boolean))
""")
SELECT_MEMBER_ID = statement(select(members.c.id).where(members.c.handle == bindparam("handle", type_=Text)))
UPDATE_PROFILE = statement("""
UPDATE members SET display_name = :display_name, organisation = :organisation, stakeholder_group = :stakeholder_group,
    country = :country, sectors = :sectors, stages = :stages, materials = :materials, languages = :languages,
    letters_in = :letters_in, post_order = :post_order, about = :about, public = :public, version = version + 1
WHERE id = :member
""")
UPDATE_UNCHOSEN_LANGUAGE = statement(
    "UPDATE members SET letters_in = :tag, version = version + 1 WHERE id = :member AND letters_in IS NULL"
)
# Each side of the OR has its own prefix index.
SELECT_MEMBERS_BY_PREFIX = statement("""
SELECT a.id, a.handle, a.display_name, a."group", a.picture
FROM members m JOIN public_authors a ON a.id = m.id
WHERE m.is_claimed AND m.email_verified_at IS NOT NULL
    AND (m.handle LIKE :handle OR lower(m.display_name) LIKE :name)
ORDER BY m.handle = :whole DESC, m.handle LIKE :handle DESC, m.handle LIMIT :count
""")
SELECT_AUTHORS = statement("""
SELECT id, handle, display_name, "group", picture FROM public_authors WHERE id = ANY(CAST(:ids AS bigint[]))
""")

MAX_SUGGESTIONS = 8
_CHANGEABLE = tuple(ProfileChange.__struct_fields__)
_HIDEABLE = (
    "organisation",
    "stakeholder_group",
    "country",
    "sectors",
    "stages",
    "materials",
    "languages",
    "about",
)


class NotInTheList(Invalid):
    """A value is not in the community's list for its field."""

    message = translatable("This is not one of the values to choose from.")


async def read_member(tx: Reader, member: MemberId) -> Me:
    """Return a member with everything that only the member may see; raise NotFound."""
    row = await tx.row(SELECT_OWN_PROFILE, member=member)
    if row is None:
        raise NotFound
    own_duties = [OwnDuty(**duty) for duty in await tx.rows(SELECT_OWN_DUTIES, member=member)]
    return Me(**row, duties=own_duties)


async def find_member_id(tx: Reader, handle: str) -> MemberId | None:
    """Return the id of the member with this handle in any spelling that is normalized to it, or None."""
    found: int | None = await tx.value(SELECT_MEMBER_ID, handle=normalize_handle(handle))
    return MemberId(found) if found is not None else None


async def find_member_ids(
    tx: Reader, handles: Collection[str], *, claimed_only: bool = False
) -> dict[str, MemberId]:
    """Return the ids of the members with these normalized handles, by handle.

    Authors who are known only from an archive are among them, unless `claimed_only`.
    """
    if not handles:
        return {}
    rows = await tx.rows(SELECT_MEMBER_IDS, handles=list(handles), claimed_only=claimed_only)
    return {row["handle"]: MemberId(row["id"]) for row in rows}


async def read_profile(tx: Reader, handle: str) -> Profile:
    """Return the public profile of the member with this handle; raise NotFound."""
    row = await tx.row(SELECT_PROFILE, handle=normalize_handle(handle))
    if row is None:
        raise NotFound
    hidden = FREE_TEXT_FIELDS if row["profile_hidden_at"] else frozenset()
    shown = {name: row[name] for name in _HIDEABLE if name in row["public"] and name not in hidden}
    duties = [OwnDuty(**duty) for duty in await tx.rows(SELECT_OWN_DUTIES, member=row["id"])]
    return Profile(
        id=row["id"],
        handle=row["handle"],
        display_name=row["display_name"],
        claimed=row["is_claimed"],
        joined_at=row["joined_at"],
        picture=row["picture"],
        is_hidden=row["profile_hidden_at"] is not None,
        roles=[duty for duty in duties if duty.duty != "host"],
        **shown,
    )


async def read_authors(tx: Reader, ids: list[int]) -> dict[int, Author]:
    """Return the author data of members, by id."""
    return {row["id"]: Author(**row) for row in await tx.rows(SELECT_AUTHORS, ids=ids)}


async def find_members_by_prefix(tx: Reader, prefix: str) -> list[Author]:
    """Return up to eight members whose handle or whole display name begins with a prefix."""
    start = normalize_handle(prefix.removeprefix("@"))
    if not start:
        return []
    like = escape_like(start) + "%"
    rows = await tx.rows(SELECT_MEMBERS_BY_PREFIX, whole=start, handle=like, name=like, count=MAX_SUGGESTIONS)
    return [Author(**row) for row in rows]


async def change_profile(
    tx: Transaction, actor: Actor, change: ProfileChange, lists: Taxonomies, version: int | None = None
) -> Me:
    """Change the actor's profile and return it; raise NotInTheList, DisplayNameNotAvailable, or Stale if `version` is given
    and not current."""
    member = actor.signed_in()
    ensure_in_lists(change, lists)
    row = await tx.row(LOCK_OWN_PROFILE, member=member)
    if row is None:
        raise NotFound
    if version is not None and version != row["version"]:
        raise Stale(await read_member(tx, member))

    before = {name: row[name] for name in _CHANGEABLE}
    after = before | {
        name: _normalize_value(value) for name, value in structs.asdict(change).items() if value is not UNSET
    }
    after["display_name"] = tidy_name(str(after["display_name"])) or row["handle"]
    if skeleton(after["display_name"]) not in (skeleton(row["display_name"]), row["skeleton"]):
        await ensure_name_available(tx, after["display_name"], member, has_role=_has_role(actor))
    if after != before:
        await tx.run(UPDATE_PROFILE, member=member, **after)
    if _public_texts(after) != _public_texts(before):
        await tx.record(ProfileTextsChanged(member_id=member))
    if _author_fields(after) != _author_fields(before):
        await tx.record(ProfileChanged(member_id=member))
    return await read_member(tx, member)


async def take_over_language(tx: Transaction, member: MemberId, tag: str) -> None:
    """Store a language that was chosen in the browser for a member who has not chosen one, also for e-mails."""
    await tx.run(UPDATE_UNCHOSEN_LANGUAGE, member=member, tag=tag)


def ensure_addresses_allowed(rights: LevelPermissions, change: ProfileChange) -> None:
    """Raise TooManyLinks if the new texts of a profile have more web addresses than a trust level allows in a post."""
    texts = {name: getattr(change, name) for name in ("display_name", "organisation", "about")}
    ensure_addresses_within_rights(rights, {name: text for name, text in texts.items() if text is not UNSET})


def ensure_in_lists(change: ProfileChange, lists: Taxonomies) -> None:
    """Raise NotInTheList unless all chosen values are in the community's lists."""
    chosen = {
        "stakeholder_group": (lists.groups, [change.stakeholder_group]),
        "country": (COUNTRIES.keys(), [change.country]),
        "sectors": (lists.sectors, change.sectors),
        "stages": (lists.stages, change.stages),
        "materials": (lists.materials, change.materials),
        "languages": (lists.languages, change.languages),
    }
    for field, (choices, values) in chosen.items():
        if values is not UNSET and any(
            value not in choices for value in values if value not in (None, UNSET)
        ):
            raise NotInTheList(field=field)


def _has_role(actor: Actor) -> bool:
    return actor.is_administrator or bool(actor.moderates or actor.hosts)


def _normalize_value(value: object) -> object:
    if isinstance(value, str):
        return tidy(value)
    return list(dict.fromkeys(value)) if isinstance(value, list) else value


def _author_fields(profile: dict[str, object]) -> tuple[object, object]:
    return profile["display_name"], _public_value(profile, "stakeholder_group")


def _public_texts(profile: dict[str, object]) -> tuple[object, object]:
    return _public_value(profile, "organisation"), _public_value(profile, "about")


def _public_value(profile: dict[str, object], name: str) -> object:
    public = profile["public"]
    return profile[name] if isinstance(public, list) and name in public else None
