"""Duties: the roles of administrator, moderator of a sector, and host of a gathering."""

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.ids import GatheringId, MemberId
from core.languages.texts import translatable
from members.emails.mailed_links import revoke_founders_links
from members.events import AccessChanged
from members.handles import normalize_handle
from members.policy import ensure_can_administer
from members.shapes import Author, Duty, DutyKind, DutyList
from storage.database import Reader, Transaction
from storage.statements import statement

# The tables of sectors and gatherings belong to capabilities above this one.
SELECT_DUTIES = statement("""
SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering, d.granted_at,
    m.id AS member_id, m.handle, m.display_name, m."group", m.picture,
    g.id AS by_id, g.handle AS by_handle, g.display_name AS by_name, g.picture AS by_picture
FROM duties d JOIN public_authors m ON m.id = d.member_id LEFT JOIN members g ON g.id = d.granted_by
LEFT JOIN sectors s ON s.id = d.sector_id
ORDER BY d.duty, s.place, d.gathering_id, m.handle
""")
SELECT_HOSTS = statement("""
SELECT m.id, m.handle, m.display_name, m."group", m.picture
FROM duties d JOIN public_authors m ON m.id = d.member_id
WHERE d.duty = 'host' AND d.gathering_id = :gathering ORDER BY m.display_name, m.id
""")
SELECT_CLAIMED_MEMBER = statement("SELECT id FROM members WHERE handle = :handle AND is_claimed")
SELECT_DUTY_SECTOR = statement("SELECT id FROM sectors WHERE slug = :slug")
SELECT_GATHERING_ID = statement("SELECT id FROM gatherings WHERE id = :id")
INSERT_DUTY = statement("""
INSERT INTO duties (member_id, duty, sector_id, gathering_id, granted_by, granted_at)
VALUES (:member, :duty, :sector, :gathering, :by, :now) ON CONFLICT DO NOTHING RETURNING id
""")
# All rows are locked by id, so that of two concurrent removals the second one finds the last administrator.
LOCK_ADMINISTRATORS = statement(
    "SELECT member_id FROM duties WHERE duty = 'administrator' ORDER BY id FOR UPDATE"
)
# Read after the lock, so that two who leave at once see each other.
COUNT_STAYING_ADMINISTRATORS = statement("""
SELECT count(DISTINCT d.member_id) FROM duties d WHERE d.duty = 'administrator' AND d.member_id <> :but
AND NOT EXISTS (SELECT FROM erasures e WHERE e.member_id = d.member_id AND e.ended_at IS NULL)
""")
DELETE_DUTY = statement("""
DELETE FROM duties WHERE member_id = :member AND duty = :duty
AND sector_id IS NOT DISTINCT FROM :sector AND gathering_id IS NOT DISTINCT FROM :gathering
""")
COUNT_ADMINISTRATORS = statement("SELECT count(*) FROM duties WHERE duty = 'administrator'")


class LastAdministrator(Conflict):
    """The last administrator of the community would lose the duty; those whose accounts will be deleted do not count."""

    message = translatable("This is the last administrator. Make somebody else one first.")


class DutyScope(Struct, frozen=True):
    """A duty with its sector or gathering, without a member."""

    duty: DutyKind
    sector_id: int | None = None
    gathering_id: int | None = None


ADMINISTRATOR = DutyScope("administrator")


async def read_duties(tx: Reader, actor: Actor) -> DutyList:
    """Return all duties with their members; raise AdministratorsOnly."""
    ensure_can_administer(actor)
    found = []
    for row in await tx.rows(SELECT_DUTIES):
        by = (
            Author(row["by_id"], row["by_handle"], row["by_name"], None, row["by_picture"])
            if row["by_id"] is not None
            else None
        )
        found.append(
            Duty(
                member=Author(
                    row["member_id"], row["handle"], row["display_name"], row["group"], row["picture"]
                ),
                duty=row["duty"],
                sector=row["sector"],
                gathering=row["gathering"],
                granted_by=by,
                granted_at=row["granted_at"],
            )
        )
    return DutyList(found)


async def read_hosts(tx: Reader, gathering_id: GatheringId) -> list[Author]:
    """Return the hosts of a gathering in the order of their names."""
    return [Author(**row) for row in await tx.rows(SELECT_HOSTS, gathering=gathering_id)]


async def grant_duty(
    tx: Transaction, actor: Actor, handle: str, duty: DutyKind, where: str | int | None = None
) -> None:
    """Grant a duty to a member; repeating the call changes nothing. Raises AdministratorsOnly or NotFound."""
    ensure_can_administer(actor)
    await insert_duty(tx, await find_member(tx, handle), await find_duty_scope(tx, duty, where), actor.id)


async def revoke_duty(
    tx: Transaction, actor: Actor, handle: str, duty: DutyKind, where: str | int | None = None
) -> None:
    """Revoke a duty of a member; raise AdministratorsOnly, NotFound or LastAdministrator."""
    ensure_can_administer(actor)
    await delete_duty(tx, await find_member(tx, handle), await find_duty_scope(tx, duty, where), actor.id)


async def insert_duty(
    tx: Transaction, member: MemberId, scope: DutyScope, by: MemberId | None = None
) -> None:
    """Insert a duty and audit it, without a permission check, for the command line and the founder's link."""
    given = await tx.value(INSERT_DUTY, member=member, **_binds(scope), by=by, now=clock.now())
    if given is None:
        return
    if scope == ADMINISTRATOR:
        await revoke_founders_links(tx)
    await tx.record(AccessChanged(member_id=member))
    _audit(tx, "duty_given", member, scope, by)


async def delete_duty(
    tx: Transaction, member: MemberId, scope: DutyScope, by: MemberId | None = None
) -> None:
    """Delete a duty and audit it, without a permission check; raise LastAdministrator."""
    if scope == ADMINISTRATOR:
        await ensure_administrator_stays(tx, member)
    if not await tx.run(DELETE_DUTY, member=member, **_binds(scope)):
        return
    await tx.record(AccessChanged(member_id=member))
    _audit(tx, "duty_taken", member, scope, by)


async def find_administrators(tx: Transaction) -> list[int]:
    """Lock the duties of all administrators and return the ids of these members."""
    return [row["member_id"] for row in await tx.rows(LOCK_ADMINISTRATORS)]


async def ensure_administrator_stays(tx: Transaction, member: MemberId) -> None:
    """Raise LastAdministrator if the member is an administrator, and all others, if any, are about to be erased."""
    if member in await find_administrators(tx) and not await tx.value(
        COUNT_STAYING_ADMINISTRATORS, but=member
    ):
        raise LastAdministrator


async def count_administrators(tx: Reader) -> int:
    """Return the number of administrators."""
    return int(await tx.value(COUNT_ADMINISTRATORS))


async def find_member(tx: Reader, handle: str) -> MemberId:
    """Return the id of the claimed member with this handle; raise NotFound."""
    member = await tx.value(SELECT_CLAIMED_MEMBER, handle=normalize_handle(handle))
    if member is None:
        raise NotFound
    return MemberId(member)


async def find_duty_scope(tx: Reader, duty: DutyKind, where: str | int | None) -> DutyScope:
    """Return the scope of a duty: `where` is a sector slug or a gathering id. Raises NotFound."""
    if duty == "administrator":
        return ADMINISTRATOR
    if duty == "moderator":
        found = await tx.value(SELECT_DUTY_SECTOR, slug=str(where))
    else:
        found = await tx.value(SELECT_GATHERING_ID, id=where)
    if found is None:
        raise NotFound
    return DutyScope(duty, sector_id=found) if duty == "moderator" else DutyScope(duty, gathering_id=found)


def _audit(tx: Transaction, kind: str, member: MemberId, scope: DutyScope, by: MemberId | None) -> None:
    where = {"sector": scope.sector_id, "gathering": scope.gathering_id}
    tx.audit(kind, by, **where, member=member, duty=scope.duty)


def _binds(scope: DutyScope) -> dict[str, object]:
    return {"duty": scope.duty, "sector": scope.sector_id, "gathering": scope.gathering_id}
