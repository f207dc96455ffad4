"""What follows when rows were loaded: newer migrations, checks, and what must not be as it was when the backup was made."""

from collections.abc import Sequence

from members.accounts.sessions import delete_all_sessions
from members.emails.mailed_links import void_all_links
from personal_data.erasure_list import FILE_NAME, NotedErasure, add_to_list
from personal_data.replay import list_erasures, replay_erasures
from storage import schema
from storage.audit import Verification, verify
from storage.backups.load import Loaded
from storage.backups.shapes import BackupFailed
from storage.database import Database, connect
from storage.event_log import RENEW_EPOCH
from storage.switches import MAIL_HELD, switch_on
from tertulia.event_handlers import HANDLED_TAGS
from tertulia.settings import Settings

# More than a community writes between two backups: ids that were given since are in e-mails and links, and must not become
# those of something else.
SKIPPED_IDS = 100_000


async def finish_restore(settings: Settings, loaded: Loaded, noted: Sequence[NotedErasure]) -> str:
    """Migrate to this version, verify the audit log, begin a new epoch, end all sessions and void all links, hold e-mails,
    and erase again who was erased; return what to say about it."""
    db = await _migrated(settings)
    try:
        async with db.begin() as tx:
            await tx.run(RENEW_EPOCH)
            await delete_all_sessions(tx)
            await void_all_links(tx)
            await switch_on(
                tx, MAIL_HELD, f"restored from a backup of {loaded.manifest.made_at:%Y-%m-%d %H:%M} UTC"
            )
        chain = await _verify(db, loaded)
        erased = await replay_erasures(db, noted)
        add_to_list(settings.data / FILE_NAME, [*await list_erasures(db), *noted])
    finally:
        await db.close()
    made = f"{loaded.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"Restored {_rows(loaded)} rows as they were at {made}. All {chain.length} rows of the audit log are as they were "
        f"written.\nAccounts that were erased since the backup, and are erased again: {erased}.\n"
        "Everybody has to sign in again. No e-mail is sent before `tertulia mail release`."
    )


async def finish_move(settings: Settings, loaded: Loaded) -> str:
    """Let the role of the service use the tables, and verify the audit log; return what to say about it."""
    db = await _migrated(settings)
    try:
        chain = await _verify(db, loaded)
    finally:
        await db.close()
    return (
        f"Moved {_rows(loaded)} rows. All {chain.length} rows of the audit log are as they were written.\n"
        "Set DATABASE_URL to the new address and start the service. Delete the embedded database when you are satisfied."
    )


async def _migrated(settings: Settings) -> Database:
    await schema.migrate(settings.database_url, settings.owner_url)
    return await connect(
        settings.database_url, handled_tags=HANDLED_TAGS, size=1, site=settings.url, patience=3_600
    )


async def _verify(db: Database, loaded: Loaded) -> Verification:
    number, _, hashed = loaded.checks.audit.partition(":")
    async with db.read() as tx:
        chain = await verify(tx, (int(number), hashed) if int(number) else None)
    if chain.broken is not None:
        raise BackupFailed(
            f"The rows are loaded, but row {chain.broken} of the audit log is not as it was written: {chain.why}. "
            "Somebody changed it before the backup was made; compare with an older backup."
        )
    return chain


def _rows(loaded: Loaded) -> int:
    return sum(table.rows for table in loaded.checks.tables.values())
