"""The job that lets the translator make translations that readers asked for, one at a time, and the cleanup of old ones.

No transaction is open during the request. Before it, the characters are counted against the budget of the day, so that
no failure or restart can exceed it. If the translator does not answer, nothing is sent for a while, twice as long after
each failure.
"""

from datetime import datetime, timedelta

import structlog
from asyncpg import Record

from core import clock
from forum.translations.placeholders import BadTranslation, Protected, protect, restore
from forum.translations.translator import TextRefused, Translator, TranslatorAway
from storage.database import Database, Transaction
from storage.failures import can_retry
from storage.quarantine import put_into_quarantine, release
from storage.statements import statement

log = structlog.get_logger()

JOB = "translations"
# No other worker takes the text during this time; if the worker dies, it is due again.
LEASE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=6)
# What failed can be asked for again after this time; what still waits then is given up.
ASKED_KEPT = timedelta(days=1)
_MAX_DOUBLINGS = 10

SELECT_DUE_TRANSLATION = statement("""
SELECT r.post_id, r.target, r.source, r.digest, p.html, r.post_id || ' ' || r.target AS item
FROM post_translations r JOIN posts p ON p.id = r.post_id JOIN open_posts o ON o.id = p.id
WHERE r.due_at <= :now AND r.source = p.language AND r.digest = sha256(convert_to(p.html, 'UTF8')) AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'translations' AND w.item = r.post_id || ' ' || r.target AND w.due_at > :now)
ORDER BY r.asked_at, r.post_id, r.target LIMIT 1 FOR UPDATE OF r SKIP LOCKED
""")
UPDATE_TRANSLATION_DUE = statement("""
UPDATE post_translations SET due_at = :due
WHERE post_id = :post AND target = :target AND digest = :digest AND due_at IS NOT NULL
""")
# The text may have been edited, withdrawn or hidden while the translator worked.
UPDATE_TRANSLATION_MADE = statement("""
UPDATE post_translations r SET html = :html, provider = :provider, made_at = :now, due_at = NULL
FROM posts p JOIN open_posts o ON o.id = p.id
WHERE p.id = r.post_id AND r.post_id = :post AND r.target = :target AND r.digest = :digest AND r.source = :source
    AND r.source = p.language AND r.digest = sha256(convert_to(p.html, 'UTF8')) AND r.html IS NULL
""")
# Returns a row if the translator is not paused and the characters are within the budget of the day.
UPSERT_TRANSLATOR_USE = statement("""
INSERT INTO translator_uses AS u (provider, day, characters) VALUES (:provider, :day, :count)
ON CONFLICT (provider) DO UPDATE SET day = excluded.day,
    characters = excluded.characters + CASE WHEN u.day = excluded.day THEN u.characters ELSE 0 END
WHERE coalesce(u.paused_until <= :now, true)
    AND excluded.characters + CASE WHEN u.day = excluded.day THEN u.characters ELSE 0 END <= :budget
RETURNING 1
""")
UPDATE_TRANSLATOR_PAUSED = statement("""
UPDATE translator_uses SET failures = failures + 1,
    paused_until = CAST(:now AS timestamptz)
        + least(CAST(:wait AS interval) * pow(2, least(failures, :doublings)), CAST(:longest AS interval))
WHERE provider = :provider
""")
UPDATE_TRANSLATOR_WORKS = statement(
    "UPDATE translator_uses SET failures = 0, paused_until = NULL WHERE provider = :provider AND failures > 0"
)
DELETE_OLD_TRANSLATION_USES = statement("DELETE FROM translation_uses WHERE day < :today")
DELETE_OLD_TRANSLATIONS = statement("""
DELETE FROM post_translations r WHERE (r.html IS NULL AND r.asked_at < :before) OR NOT EXISTS (
    SELECT FROM posts p JOIN open_posts o ON o.id = p.id
    WHERE p.id = r.post_id AND p.language = r.source AND r.digest = sha256(convert_to(p.html, 'UTF8')))
""")


async def translate_next_post(translator: Translator, db: Database) -> bool:
    """Let the translator make the next translation that is due; return whether there was one. A scheduled job."""
    row = None
    try:
        async with db.begin() as tx:
            row = await tx.row(SELECT_DUE_TRANSLATION, now=clock.now())
            if row is None:
                return False
            protected = protect(row["html"])
            if not protected.has_words or len(protected.page) > translator.budget:
                await _set_due(tx, row, None)
                return True
            if not await _may_send(tx, translator, protected):
                return False
            await _set_due(tx, row, clock.now() + LEASE)
        await _translate(db, translator, row, protected)
    except Exception as error:
        if row is None or can_retry(error):
            raise
        await put_into_quarantine(db, JOB, row["item"], error)
    return True


async def delete_old_translations(tx: Transaction, now: datetime) -> int:
    """Delete translations of texts that are not there any more, and those that were not made within a day; a cleanup."""
    await tx.run(DELETE_OLD_TRANSLATION_USES, today=now.date())
    return await tx.run(DELETE_OLD_TRANSLATIONS, before=now - ASKED_KEPT)


async def _may_send(tx: Transaction, translator: Translator, protected: Protected) -> bool:
    now = clock.now()
    use = {"count": len(protected.page), "day": now.date(), "now": now, "budget": translator.budget}
    return await tx.value(UPSERT_TRANSLATOR_USE, provider=translator.name, **use) is not None


async def _translate(db: Database, translator: Translator, row: Record, protected: Protected) -> None:
    try:
        answer = await translator.translate(protected.page, row["source"], row["target"])
        html = restore(answer, protected)
    except TranslatorAway as error:
        log.warning("the translator is away", reason=str(error))
        wait = {"wait": error.wait, "longest": LONGEST_PAUSE, "doublings": _MAX_DOUBLINGS}
        async with db.begin() as tx:
            await tx.run(UPDATE_TRANSLATOR_PAUSED, provider=translator.name, now=clock.now(), **wait)
            await _set_due(tx, row, clock.now())
    except (TextRefused, BadTranslation) as error:
        log.warning("a post was not translated", item=row["item"], reason=str(error))
        async with db.begin() as tx:
            await _set_due(tx, row, None)
    else:
        async with db.begin() as tx:
            await _store(tx, translator, row, html)


async def _store(tx: Transaction, translator: Translator, row: Record, html: str) -> None:
    await tx.run(UPDATE_TRANSLATOR_WORKS, provider=translator.name)
    await tx.run(
        UPDATE_TRANSLATION_MADE,
        post=row["post_id"],
        target=row["target"],
        digest=row["digest"],
        source=row["source"],
        html=html,
        provider=translator.name,
        now=clock.now(),
    )
    await release(tx, JOB, [row["item"]])


async def _set_due(tx: Transaction, row: Record, due: datetime | None) -> None:
    where = {"post": row["post_id"], "target": row["target"], "digest": row["digest"]}
    await tx.run(UPDATE_TRANSLATION_DUE, due=due, **where)
