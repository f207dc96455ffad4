"""Duties: who administers, who moderates which sector, who hosts which gathering."""

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.ids import GatheringId, MemberId
from members.emails.mailed_links import revoke_founders_links
from members.events import AccessChanged
from members.handles import normalize_handle
from members.policy import ensure_can_manage_duties
from members.shapes import Author, Duty, DutyKind, DutyList
from storage.database import Reader, Transaction
from storage.statements import statement

# These statements name the tables of sectors and gatherings, of which this floor of the house knows no more than that
# duties point to them.
LIST = statement("""
SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering, d.granted_at,
    m.id AS member_id, m.handle, m.display_name, m."group",
    g.id AS by_id, g.handle AS by_handle, g.display_name AS by_name
FROM duties d JOIN public_authors m ON m.id = d.member_id LEFT JOIN members g ON g.id = d.granted_by
LEFT JOIN sectors s ON s.id = d.sector_id
ORDER BY d.duty, s.place, d.gathering_id, m.handle
""")
HOSTS = statement("""
SELECT m.id, m.handle, m.display_name, m."group"
FROM duties d JOIN public_authors m ON m.id = d.member_id
WHERE d.duty = 'host' AND d.gathering_id = :gathering ORDER BY m.display_name, m.id
""")
FIND_MEMBER = statement("SELECT id FROM members WHERE handle = :handle AND is_claimed")
FIND_SECTOR = statement("SELECT id FROM sectors WHERE slug = :slug")
FIND_GATHERING = statement("SELECT id FROM gatherings WHERE id = :id")
GIVE = statement("""
INSERT INTO duties (member_id, duty, sector_id, gathering_id, granted_by, granted_at)
VALUES (:member, :duty, :sector, :gathering, :by, :now) ON CONFLICT DO NOTHING RETURNING id
""")
# All administrators' rows are locked, in one order: of two who leave at once the second finds itself the last.
LOCK_ADMINISTRATORS = statement(
    "SELECT member_id FROM duties WHERE duty = 'administrator' ORDER BY id FOR UPDATE"
)
TAKE = statement("""
DELETE FROM duties WHERE member_id = :member AND duty = :duty
AND sector_id IS NOT DISTINCT FROM :sector AND gathering_id IS NOT DISTINCT FROM :gathering
""")
COUNT_ADMINISTRATORS = statement("SELECT count(*) FROM duties WHERE duty = 'administrator'")


class LastAdministrator(Conflict):
    """Without this one nobody would administer the community."""

    message = "This is the last administrator. Make somebody else one first."


class DutyScope(Struct, frozen=True):
    """What a duty is, and where, before it is somebody's."""

    duty: DutyKind
    sector_id: int | None = None
    gathering_id: int | None = None


ADMINISTRATION = DutyScope("administrator")


async def read_duties(tx: Reader, actor: Actor) -> DutyList:
    """Who has which duty, for administrators."""
    ensure_can_manage_duties(actor)
    found = []
    for row in await tx.rows(LIST):
        by = Author(row["by_id"], row["by_handle"], row["by_name"]) if row["by_id"] is not None else None
        found.append(
            Duty(
                member=Author(row["member_id"], row["handle"], row["display_name"], row["group"]),
                duty=row["duty"],
                sector=row["sector"],
                gathering=row["gathering"],
                granted_by=by,
                granted_at=row["granted_at"],
            )
        )
    return DutyList(found)


async def read_hosts(tx: Reader, gathering_id: GatheringId) -> list[Author]:
    """Who hosts a gathering, by name."""
    return [Author(**row) for row in await tx.rows(HOSTS, gathering=gathering_id)]


async def grant_duty(
    tx: Transaction, actor: Actor, handle: str, duty: DutyKind, where: str | int | None = None
) -> None:
    """Give somebody a duty; to have it already is no mistake."""
    ensure_can_manage_duties(actor)
    await insert_duty(tx, await find_member(tx, handle), await find_duty_scope(tx, duty, where), actor.id)


async def revoke_duty(
    tx: Transaction, actor: Actor, handle: str, duty: DutyKind, where: str | int | None = None
) -> None:
    """Take a duty from somebody; the last administrator stays."""
    ensure_can_manage_duties(actor)
    await delete_duty(tx, await find_member(tx, handle), await find_duty_scope(tx, duty, where), actor.id)


async def insert_duty(
    tx: Transaction, member: MemberId, scope: DutyScope, by: MemberId | None = None
) -> None:
    """Give a duty without asking who gives it: what the command line and the founder's link do."""
    given = await tx.value(GIVE, member=member, **_binds(scope), by=by, now=clock.now())
    if given is None:
        return
    if scope == ADMINISTRATION:
        await revoke_founders_links(tx)
    await tx.record(AccessChanged(member_id=member))
    _audit(tx, "duty_given", member, scope, by)


async def delete_duty(
    tx: Transaction, member: MemberId, scope: DutyScope, by: MemberId | None = None
) -> None:
    """Take a duty without asking who takes it."""
    if scope == ADMINISTRATION:
        administrators = [row["member_id"] for row in await tx.rows(LOCK_ADMINISTRATORS)]
        if administrators == [member]:
            raise LastAdministrator
    if not await tx.run(TAKE, member=member, **_binds(scope)):
        return
    await tx.record(AccessChanged(member_id=member))
    _audit(tx, "duty_taken", member, scope, by)


async def count_administrators(tx: Reader) -> int:
    """How many administer the community."""
    return int(await tx.value(COUNT_ADMINISTRATORS))


async def find_member(tx: Reader, handle: str) -> MemberId:
    """The member of this handle; `NotFound` if there is none, or only an author of an archive."""
    member = await tx.value(FIND_MEMBER, handle=normalize_handle(handle))
    if member is None:
        raise NotFound
    return MemberId(member)


async def find_duty_scope(tx: Reader, duty: DutyKind, where: str | int | None) -> DutyScope:
    """The duty at its place: a sector by slug for moderators, a gathering by id for hosts."""
    if duty == "administrator":
        return ADMINISTRATION
    if duty == "moderator":
        found = await tx.value(FIND_SECTOR, slug=str(where))
    else:
        found = await tx.value(FIND_GATHERING, id=where)
    if found is None:
        raise NotFound
    return DutyScope(duty, sector_id=found) if duty == "moderator" else DutyScope(duty, gathering_id=found)


def _audit(tx: Transaction, kind: str, member: MemberId, scope: DutyScope, by: MemberId | None) -> None:
    where = {"sector": scope.sector_id, "gathering": scope.gathering_id}
    tx.audit(kind, by, **where, member=member, duty=scope.duty)


def _binds(scope: DutyScope) -> dict[str, object]:
    return {"duty": scope.duty, "sector": scope.sector_id, "gathering": scope.gathering_id}
