"""Screening: what somebody writes is looked at by the rules that are on where it is written.

The rules are kept in each process and read again when they are older than a second and a half: what is switched is switched
on every process within two. Where no rule asks for more, looking at a text asks the database nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex

import msgspec
from asyncpg import Record
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.ids import GatheringId, PostId
from forum.posts.screening import ScreeningVerdict, TextToScreen
from forum.text.quotes import QuotedText, read_quoted_texts
from moderation.cases.cases import open_or_join_case
from moderation.rules.matching import (
    Finding,
    PreviousText,
    ScreenedText,
    applies_to,
    apply_test,
    language_identifier,
)
from moderation.rules.minhash import Sketch, make_sketch
from moderation.rules.shapes import Alike, Anything, Languages, RuleTest
from moderation.rules.words import TextViews, embedded_quotes
from moderation.shapes import ObjectName
from storage.database import Database, Reader, Transaction
from storage.statements import statement

FRESH = 1.5
_DAY = timedelta(days=1)
# So many texts that are like another are compared: a flood is found among the latest.
_MOST = 100

TOLD = {
    "anything": "What new members write is looked at first.",
    "links": "What has many links is looked at first.",
    "domains": "What links to certain sites is looked at first.",
    "phrases": "What says certain words is looked at first.",
    "pattern": "What looks a certain way is looked at first.",
    "alike": "What is nearly the same as other texts is looked at first.",
    "mentions": "What names many members is looked at first.",
    "turned": "Edits that change a post a lot are looked at first.",
    "languages": "What is written in other languages is looked at first.",
}

_ON = statement("""
SELECT r.id, r.name, r.test, r.action, r.trust, r.told, r.sector_id, o.topic_id, o.gathering_id
FROM rules r LEFT JOIN rooms o ON o.id = r.room_id WHERE r.is_on ORDER BY r.id
""")
_TODAY = statement("SELECT count(*) FROM posts WHERE author_id = :member AND posted_at > :since")
# Kept and compared in one statement. The same attempt sent again is not like itself.
_ALIKE = statement("""
WITH kept AS (
    INSERT INTO sketches (sector_id, at, attempt, sketch) VALUES (:sector, :now, :attempt, :sketch)
    ON CONFLICT (sector_id, attempt) DO NOTHING
)
SELECT at, sketch FROM sketches
WHERE sector_id = :sector AND at > :since AND attempt <> :attempt AND sketch && CAST(:sketch AS bigint[])
ORDER BY at DESC LIMIT :most
""")
_APPROVED = statement("SELECT 1 FROM held_posts WHERE post_id = :post AND was_approved")
_MATCHED = statement("""
INSERT INTO rule_matches (rule_id, post_id, action, why, passages, matched_at)
SELECT id, :post, :action, :why, CAST(:passages AS jsonb), :now FROM rules WHERE id = :rule
ON CONFLICT (rule_id, post_id) DO UPDATE SET
    -- What was reported of a post that is out stays reported while nobody has decided.
    action = CASE WHEN rule_matches.action = 'flag' AND rule_matches.outcome IS NULL THEN 'flag' ELSE excluded.action END,
    why = excluded.why, passages = excluded.passages, matched_at = excluded.matched_at, outcome = NULL
""")
_FORGET = statement("""
DELETE FROM sketches WHERE id IN (SELECT id FROM sketches WHERE at < :before ORDER BY at LIMIT 1000)
""")


class Active(Struct, frozen=True, kw_only=True):
    """A rule that is on; of a room's, its topic and the gathering whose hosts it does not bind."""

    id: int
    name: str
    test: RuleTest
    action: str
    trust: int | None
    told: str
    sector_id: int | None
    topic_id: int | None
    gathering_id: int | None

    def binds(self, actor: Actor, written: TextToScreen) -> bool:
        """Whether it holds where this is written, for who writes it: who could let it through is not bound."""
        if self.topic_id is not None:
            hosts = self.gathering_id is not None and actor.hosts_at(GatheringId(self.gathering_id))
            return self.topic_id == written.topic_id and not hosts
        return self.sector_id is None or self.sector_id == written.sector_id


class Screening:
    """Looks at what is written; one for the process."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.rules: Sequence[Active] = ()
        self.read_at = float("-inf")
        self.reading = asyncio.Lock()

    async def screen(
        self, actor: Actor, written: TextToScreen, tx: Reader | None = None
    ) -> ScreeningVerdict | None:
        """What the rules say about a text that somebody is about to publish; nothing if none of them catches it."""
        if actor.moderates_in(written.sector_id):
            return None
        binding = [rule for rule in await self._fresh(tx) if rule.binds(actor, written)]
        if not binding:
            return None
        text = await self._text(actor, written, binding, tx)
        caught = [
            (rule, found)
            for rule in binding
            if applies_to(rule.trust, text) and (found := apply_test(rule.test, text)) is not None
        ]
        return _verdict(written, caught) if caught else None

    def invalidate(self) -> None:
        """Read the rules again at the next look: somebody has changed one here."""
        self.read_at = float("-inf")

    async def _fresh(self, tx: Reader | None) -> Sequence[Active]:
        if time.monotonic() - self.read_at < FRESH:
            return self.rules
        if tx is not None:
            await self._read(tx)
            return self.rules
        async with self.reading:
            if time.monotonic() - self.read_at >= FRESH:
                async with self.db.read() as own:
                    await self._read(own)
        return self.rules

    async def _read(self, tx: Reader) -> None:
        asked_at = time.monotonic()
        self.rules = [_active(row) for row in await tx.rows(_ON)]
        self.read_at = asked_at
        if any(isinstance(rule.test, Languages) for rule in self.rules):
            await asyncio.to_thread(language_identifier)

    async def _text(
        self, actor: Actor, written: TextToScreen, binding: Sequence[Active], tx: Reader | None
    ) -> ScreenedText:
        now, tests = clock.now(), [rule.test for rule in binding]
        member = None if written.is_unnamed else actor.id
        quoted = await self._quoted(actor, written, tx)
        known: Sketch = []
        alike: Sequence[tuple[datetime, Sketch]] = ()
        if any(isinstance(test, Alike) for test in tests) and written.before is None:
            known = make_sketch(TextViews(body=written.body, html=written.html, quoted=quoted).own)
            alike = await self._alike(written, known, now, tx) if known else ()
        today = 0
        if member is not None and any(isinstance(test, Anything) and test.a_day for test in tests):
            async with self._reader(tx) as reader:
                today = await reader.value(_TODAY, member=member, since=now - _DAY)
        return ScreenedText(
            title=written.title,
            body=written.body,
            html=written.html,
            quoted=quoted,
            site=self.db.site,
            now=now,
            trust=None if member is None else actor.trust,
            today=today,
            sketch=known,
            alike=alike,
            before=await self._before(written, quoted, tx),
        )

    @asynccontextmanager
    async def _reader(self, tx: Reader | None) -> AsyncIterator[Reader]:
        if tx is not None:
            yield tx
            return
        async with self.db.read() as own:
            yield own

    async def _alike(
        self, written: TextToScreen, known: Sketch, now: datetime, tx: Reader | None
    ) -> Sequence[tuple[datetime, Sketch]]:
        binds: dict[str, object] = {
            "sector": written.sector_id,
            "now": _moment(written),
            "since": now - _DAY,
            "sketch": known,
            "most": _MOST,
        }
        binds["attempt"] = written.attempt or token_hex(16)
        if tx is not None:
            rows = await tx.rows(_ALIKE, **binds)
        else:
            async with self.db.autocommit() as own:
                rows = await own.rows(_ALIKE, **binds)
        return [(row["at"], row["sketch"]) for row in rows]

    async def _quoted(
        self, actor: Actor, written: TextToScreen, tx: Reader | None
    ) -> Mapping[int, QuotedText]:
        htmls = [written.html] if written.before is None else [written.html, written.before.html]
        ids = embedded_quotes(htmls)
        if not ids:
            return {}
        async with self._reader(tx) as reader:
            return await read_quoted_texts(reader, actor, ids)

    async def _before(
        self, written: TextToScreen, quoted: Mapping[int, QuotedText], tx: Reader | None
    ) -> PreviousText | None:
        if written.before is None:
            return None
        async with self._reader(tx) as reader:
            approved = await reader.value(_APPROVED, post=written.before.post_id)
        before = written.before
        return PreviousText(
            body=before.body,
            html=before.html,
            quoted=quoted,
            posted_at=before.posted_at,
            was_approved=approved is not None,
        )


async def delete_old_sketches(db: Database) -> bool:
    """Forget by what texts older than a day were known; whether there were any. A chore."""
    async with db.begin() as tx:
        return await tx.run(_FORGET, before=clock.now() - _DAY) > 0


def _verdict(written: TextToScreen, caught: Sequence[tuple[Active, Finding]]) -> ScreeningVerdict:
    holding = [rule for rule, _ in caught if rule.action == "hold"]
    first = holding[0] if holding else caught[0][0]
    why = first.told or TOLD[str(type(first.test).__struct_config__.tag)]

    async def note(tx: Transaction, post_id: PostId, is_out: bool = False) -> None:
        now = _moment(written)
        for rule, found in caught:
            passages = msgspec.json.encode(found.passages).decode()
            facts = {
                "rule": rule.id,
                "action": "flag" if is_out else rule.action,
                "why": found.why,
                "passages": passages,
            }
            await tx.run(_MATCHED, post=post_id, now=now, **facts)

    async def keep(tx: Transaction, post_id: PostId, is_out: bool = False) -> None:
        await note(tx, post_id, is_out)
        now = _moment(written)
        case = await open_or_join_case(tx, ObjectName("post", post_id), written.sector_id, "rule", now)
        await tx.record(case, now)
        if not written.is_unnamed:
            tx.audit("noticed", sector=written.sector_id, case=case.case_id, reason="rule")

    return ScreeningVerdict(bool(holding), why, keep, note, partial(keep, is_out=True))


def _moment(written: TextToScreen) -> datetime:
    # Others may know who was here at which second: of what has no name only the minute is kept.
    return clock.coarse(clock.now()) if written.is_unnamed else clock.now()


def _active(row: Record) -> Active:
    facts = dict(row)
    return Active(**facts | {"test": msgspec.convert(facts["test"], RuleTest)})
