"""The rule engine: every text is checked by the active rules of the place where it is about to be published.

Each process caches the rules and reads them again after 1.5 seconds, so a change applies in every process within two
seconds. Unless a rule needs more data, checking a text does not query the database.
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
from core.language_detection import load_model
from core.languages.texts import translatable
from core.threads import in_thread
from forum.posts.screening import ScreeningVerdict, TextToScreen
from forum.text.quoted_words import QuotedText
from forum.text.quotes import read_quoted_texts
from moderation.cases.cases import open_or_join_case
from moderation.rules.findings import Finding
from moderation.rules.matching import (
    PreviousText,
    ScreenedText,
    applies_to,
    apply_test,
)
from moderation.rules.minhash import Sketch, make_sketch
from moderation.rules.shapes import Alike, Anything, Domains, Languages, Links, Pattern, Phrases, RuleTest
from moderation.rules.words import TextViews, embedded_quotes
from moderation.shapes import ObjectReference
from storage.database import Database, Reader, Transaction
from storage.statements import statement

REFRESH_SECONDS = 1.5
_DAY = timedelta(days=1)
# The tests of the words themselves, which apply also to what is no text of its own.
TESTS_OF_WORDS = (Domains, Links, Pattern, Phrases)
# A text is compared with at most this many earlier ones; the latest are enough to detect a flood.
_MAX_COMPARED = 100

DEFAULT_NOTICES = {
    "anything": translatable("Posts by new members are reviewed before they are published."),
    "links": translatable("Posts with many links are reviewed before they are published."),
    "domains": translatable("Posts with links to certain sites are reviewed before they are published."),
    "phrases": translatable("Posts with certain words are reviewed before they are published."),
    "pattern": translatable("Posts with certain patterns are reviewed before they are published."),
    "alike": translatable(
        "Posts that are nearly identical to others are reviewed before they are published."
    ),
    "mentions": translatable("Posts that mention many members are reviewed before they are published."),
    "turned": translatable("Edits that change a post a lot are reviewed before they are published."),
    "languages": translatable("Posts in other languages are reviewed before they are published."),
}

SELECT_ACTIVE_RULES = statement("""
SELECT r.id, r.name, r.test, r.action, r.trust, r.told, r.sector_id, o.topic_id, o.gathering_id
FROM rules r LEFT JOIN rooms o ON o.id = r.room_id WHERE r.is_on ORDER BY r.id
""")
COUNT_POSTS_SINCE = statement("SELECT count(*) FROM posts WHERE author_id = :member AND posted_at > :since")
# One statement stores the sketch and returns similar ones. A repeated request has the same attempt, and is not compared
# with itself.
INSERT_AND_SELECT_SKETCHES = statement("""
WITH kept AS (
    INSERT INTO sketches (sector_id, at, attempt, sketch) VALUES (:sector, :now, :attempt, :sketch)
    ON CONFLICT (sector_id, attempt) DO NOTHING
)
SELECT at, sketch FROM sketches
WHERE sector_id = :sector AND at > :since AND attempt <> :attempt AND sketch && CAST(:sketch AS bigint[])
ORDER BY at DESC LIMIT :most
""")
SELECT_WAS_APPROVED = statement("SELECT 1 FROM held_posts WHERE post_id = :post AND was_approved")
UPSERT_RULE_MATCH = statement("""
INSERT INTO rule_matches (rule_id, post_id, action, why, passages, matched_at)
SELECT id, :post, :action, :why, CAST(:passages AS jsonb), :now FROM rules WHERE id = :rule
ON CONFLICT (rule_id, post_id) DO UPDATE SET
    -- A flag on a published post stays a flag until it has been decided.
    action = CASE WHEN rule_matches.action = 'flag' AND rule_matches.outcome IS NULL THEN 'flag' ELSE excluded.action END,
    why = excluded.why, passages = excluded.passages, matched_at = excluded.matched_at, outcome = NULL
""")
DELETE_OLD_SKETCHES = statement("""
DELETE FROM sketches WHERE id IN (SELECT id FROM sketches WHERE at < :before ORDER BY at LIMIT 1000)
""")


class ActiveRule(Struct, frozen=True, kw_only=True):
    """An active rule. A rule of a room has the room's topic and gathering, whose hosts are exempt from it."""

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
        """Return whether the rule applies to this text by this author. Those who could approve the text are exempt."""
        if self.topic_id is not None:
            hosts = self.gathering_id is not None and actor.hosts_at(GatheringId(self.gathering_id))
            return self.topic_id == written.topic_id and not hosts
        return self.sector_id is None or self.sector_id == written.sector_id


class Screening:
    """The rule engine of one process, with its cache of active rules."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.rules: Sequence[ActiveRule] = ()
        self.read_at = float("-inf")
        self.reading = asyncio.Lock()

    async def screen(
        self, actor: Actor, written: TextToScreen, tx: Reader | None = None
    ) -> ScreeningVerdict | None:
        """Check a text that somebody is about to publish, and return the verdict, or None if no rule catches it."""
        if actor.moderates_in(written.sector_id):
            return None
        binding = [rule for rule in await self._current_rules(tx) if rule.binds(actor, written)]
        if written.kind == "word":
            # Many people give the same word, and it is no text with a language.
            binding = [rule for rule in binding if isinstance(rule.test, TESTS_OF_WORDS)]
        if not binding:
            return None
        text = await self._build_text(actor, written, binding, tx)
        # Reducing long HTML to words takes up to 30 ms for each view of it.
        caught = await in_thread(apply_rules, binding, text)
        return _make_verdict(written, caught) if caught else None

    def invalidate(self) -> None:
        """Read the rules again before the next check, because this process has changed one."""
        self.read_at = float("-inf")

    async def _current_rules(self, tx: Reader | None) -> Sequence[ActiveRule]:
        if time.monotonic() - self.read_at < REFRESH_SECONDS:
            return self.rules
        if tx is not None:
            await self._load_rules(tx)
            return self.rules
        async with self.reading:
            if time.monotonic() - self.read_at >= REFRESH_SECONDS:
                async with self.db.read() as own:
                    await self._load_rules(own)
        return self.rules

    async def _load_rules(self, tx: Reader) -> None:
        asked_at = time.monotonic()
        self.rules = [active_rule(row) for row in await tx.rows(SELECT_ACTIVE_RULES)]
        self.read_at = asked_at
        if any(isinstance(rule.test, Languages) for rule in self.rules):
            await load_model()

    async def _build_text(
        self, actor: Actor, written: TextToScreen, binding: Sequence[ActiveRule], tx: Reader | None
    ) -> ScreenedText:
        now, tests = clock.now(), [rule.test for rule in binding]
        member = None if written.is_unnamed else actor.id
        quoted = await self._read_quotes(actor, written, tx)
        known: Sketch = []
        alike: Sequence[tuple[datetime, Sketch]] = ()
        if any(isinstance(test, Alike) for test in tests) and written.before is None:
            views = TextViews(body=written.body, html=written.html, quoted=quoted)
            known = await in_thread(lambda: make_sketch(views.own))
            alike = await self._similar_sketches(written, known, now, tx) if known else ()
        today = 0
        if member is not None and any(isinstance(test, Anything) and test.a_day for test in tests):
            async with self._open_reader(tx) as reader:
                today = await reader.value(COUNT_POSTS_SINCE, member=member, since=now - _DAY)
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
            before=await self._previous_text(written, quoted, tx),
        )

    @asynccontextmanager
    async def _open_reader(self, tx: Reader | None) -> AsyncIterator[Reader]:
        if tx is not None:
            yield tx
            return
        async with self.db.read() as own:
            yield own

    async def _similar_sketches(
        self, written: TextToScreen, known: Sketch, now: datetime, tx: Reader | None
    ) -> Sequence[tuple[datetime, Sketch]]:
        binds: dict[str, object] = {
            "sector": written.sector_id,
            "now": _recorded_time(written),
            "since": now - _DAY,
            "sketch": known,
            "most": _MAX_COMPARED,
        }
        binds["attempt"] = written.attempt or token_hex(16)
        if tx is not None:
            rows = await tx.rows(INSERT_AND_SELECT_SKETCHES, **binds)
        else:
            async with self.db.autocommit() as own:
                rows = await own.rows(INSERT_AND_SELECT_SKETCHES, **binds)
        return [(row["at"], row["sketch"]) for row in rows]

    async def _read_quotes(
        self, actor: Actor, written: TextToScreen, tx: Reader | None
    ) -> Mapping[int, QuotedText]:
        htmls = [written.html] if written.before is None else [written.html, written.before.html]
        ids = embedded_quotes(htmls)
        if not ids:
            return {}
        async with self._open_reader(tx) as reader:
            return await read_quoted_texts(reader, actor, ids)

    async def _previous_text(
        self, written: TextToScreen, quoted: Mapping[int, QuotedText], tx: Reader | None
    ) -> PreviousText | None:
        if written.before is None:
            return None
        async with self._open_reader(tx) as reader:
            approved = await reader.value(SELECT_WAS_APPROVED, post=written.before.post_id)
        before = written.before
        return PreviousText(
            body=before.body,
            html=before.html,
            quoted=quoted,
            posted_at=before.posted_at,
            was_approved=approved is not None,
        )


async def delete_old_sketches(db: Database) -> bool:
    """Scheduled job: delete sketches that are older than a day, at most 1000 at once, and return whether there were
    any."""
    async with db.begin() as tx:
        return await tx.run(DELETE_OLD_SKETCHES, before=clock.now() - _DAY) > 0


def apply_rules(rules: Sequence[ActiveRule], text: ScreenedText) -> list[tuple[ActiveRule, Finding]]:
    """Return the rules that catch a text, each with what it found; can take 30 ms, so call it in a thread."""
    return [
        (rule, found)
        for rule in rules
        if applies_to(rule.trust, text) and (found := apply_test(rule.test, text)) is not None
    ]


def _make_verdict(written: TextToScreen, caught: Sequence[tuple[ActiveRule, Finding]]) -> ScreeningVerdict:
    holding = [rule for rule, _ in caught if rule.action == "hold"]
    first = holding[0] if holding else caught[0][0]
    why = first.told or DEFAULT_NOTICES[str(type(first.test).__struct_config__.tag)]

    async def note(tx: Transaction, post_id: PostId, is_published: bool = False) -> None:
        now = _recorded_time(written)
        for rule, found in caught:
            passages = msgspec.json.encode(found.passages).decode()
            facts = {
                "rule": rule.id,
                "action": "flag" if is_published else rule.action,
                "why": found.stored,
                "passages": passages,
            }
            await tx.run(UPSERT_RULE_MATCH, post=post_id, now=now, **facts)

    async def keep(tx: Transaction, post_id: PostId, is_published: bool = False) -> None:
        await note(tx, post_id, is_published)
        now = _recorded_time(written)
        case = await open_or_join_case(tx, ObjectReference("post", post_id), written.sector_id, "rule", now)
        await tx.record(case, now)
        if not written.is_unnamed:
            tx.audit("noticed", sector=written.sector_id, case=case.case_id, reason="rule")

    return ScreeningVerdict(bool(holding), why, keep, note, partial(keep, is_published=True))


def _recorded_time(written: TextToScreen) -> datetime:
    # Anonymous texts are recorded to the minute only, because the exact second could reveal who was active then.
    return clock.coarse(clock.now()) if written.is_unnamed else clock.now()


def active_rule(row: Record) -> ActiveRule:
    """Return the rule of a row of `SELECT_ACTIVE_RULES`."""
    facts = dict(row)
    return ActiveRule(**facts | {"test": msgspec.convert(facts["test"], RuleTest)})
