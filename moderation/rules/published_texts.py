"""Texts that are no posts: after each change, rules check the public words of a profile, and what hosts wrote about a
gathering and its rooms, programme and polls. What they catch stays published and is reported (decision 55).

Only tests of the words themselves apply here: not those about newcomers, floods, edits, mentions or languages.
"""

from collections.abc import Sequence

import msgspec
from asyncpg import Record

from core import clock
from core.errors import Refusal
from core.ids import SectorId
from core.threads import in_thread
from forum.text.rendering import render_text
from gatherings.events import (
    ColumnsChanged,
    GatheringChanged,
    PollOpened,
    RoomChanged,
    RoomPlanned,
    SessionChanged,
    SessionPlanned,
)
from members.accounts.actors import load_officer
from members.events import MemberJoined, ProfileChanged, ProfileTextsChanged
from moderation.cases.cases import open_or_join_case
from moderation.rules.engine import SELECT_ACTIVE_RULES, TESTS_OF_WORDS, ActiveRule, active_rule, apply_rules
from moderation.rules.findings import Finding
from moderation.rules.matching import ScreenedText
from moderation.shapes import ObjectReference
from storage.database import Transaction
from storage.jobs import EventHandlers
from storage.statements import statement

SELECT_PROFILE_TEXTS = statement("""
SELECT handle, display_name,
    CASE WHEN 'organisation' = ANY(public) AND profile_hidden_at IS NULL THEN organisation END AS organisation,
    CASE WHEN 'about' = ANY(public) AND profile_hidden_at IS NULL THEN about END AS about
FROM members WHERE id = :member AND is_claimed
""")
# What hosts wrote, by room. The first post of the room's topic stands for it in a case; what belongs to the gathering as a
# whole is reported with its first room.
SELECT_HOST_TEXTS = statement("""
WITH places AS (
    SELECT r.id, r.gathering_id, r.title, t.titles, r.id = min(r.id) OVER () AS is_first, t.sector_id,
        p.id AS post_id, p.body
    FROM rooms r JOIN topics t ON t.id = r.topic_id JOIN posts p ON p.topic_id = t.id AND p.number = 1
    WHERE r.gathering_id = coalesce(
        CAST(:gathering AS bigint), (SELECT gathering_id FROM rooms WHERE id = CAST(:room AS bigint)))
), texts AS (
    SELECT id, 1 AS place, body AS text FROM places
    UNION ALL SELECT id, 2, concat_ws(E'\\n\\n', title, (
            SELECT string_agg(one #>> '{}', E'\\n\\n') FROM jsonb_path_query(titles, '$.*') one)) FROM places
    UNION ALL SELECT o.id, 3, concat_ws(E'\\n\\n', g.title, g.place, g.about, (
            SELECT string_agg(one #>> '{}', E'\\n\\n') FROM jsonb_path_query(g.translations, '$.*.*') one))
        FROM places o JOIN gatherings g ON g.id = o.gathering_id WHERE o.is_first
    UNION ALL SELECT o.id, 4, concat_ws(E'\\n\\n', s.title, s.about, (
            SELECT string_agg(one #>> '{}', E'\\n\\n') FROM jsonb_path_query(s.translations, '$.*.*') one), (
            SELECT string_agg(one #>> '{}', E'\\n\\n') FROM jsonb_path_query(s.speakers, '$[*].*') one))
        FROM places o JOIN programme_sessions s ON s.gathering_id = o.gathering_id
        WHERE s.room_id = o.id OR (s.room_id IS NULL AND o.is_first)
    UNION ALL SELECT o.id, 5, c.title FROM places o JOIN board_columns c ON c.room_id = o.id
    UNION ALL SELECT o.id, 6, concat_ws(E'\\n\\n', l.title, l.settings ->> 'low_label', l.settings ->> 'high_label', (
            SELECT string_agg(one #>> '{}', E'\\n\\n') FROM jsonb_path_query(l.options, '$[*]') one))
        FROM places o JOIN polls l ON l.room_id = o.id WHERE l.state <> 'draft'
)
SELECT o.sector_id, o.post_id, array_agg(x.text ORDER BY x.place, x.text) AS texts
FROM places o JOIN texts x ON x.id = o.id GROUP BY o.id, o.sector_id, o.post_id ORDER BY o.id
""")
UPSERT_ROOM_MATCH = statement("""
INSERT INTO rule_matches (rule_id, post_id, action, why, passages, matched_at)
VALUES (:rule, :subject, 'flag', :why, CAST(:passages AS jsonb), :now)
ON CONFLICT (rule_id, post_id) DO UPDATE
SET why = excluded.why, passages = excluded.passages, matched_at = excluded.matched_at, outcome = NULL
WHERE rule_matches.passages <> excluded.passages
""")
UPSERT_PROFILE_MATCH = statement("""
INSERT INTO rule_matches (rule_id, member_id, action, why, passages, matched_at)
VALUES (:rule, :subject, 'flag', :why, CAST(:passages AS jsonb), :now)
ON CONFLICT (rule_id, member_id) DO UPDATE
SET why = excluded.why, passages = excluded.passages, matched_at = excluded.matched_at, outcome = NULL
WHERE rule_matches.passages <> excluded.passages
""")


async def on_profile_changed(
    tx: Transaction, event: MemberJoined | ProfileChanged | ProfileTextsChanged
) -> None:
    """Event handler: report the profile of a member if a rule that applies everywhere catches its public words."""
    row = await tx.row(SELECT_PROFILE_TEXTS, member=event.member_id)
    if row is None:
        return
    actor = await load_officer(tx, event.member_id, clock.now())
    if actor.moderates or actor.is_administrator:
        return
    rules = [rule for rule in await _read_rules(tx) if rule.sector_id is None]
    texts = [text for text in row.values() if text]
    await _report(tx, rules, texts, ObjectReference("profile", event.member_id), None, actor.trust)


async def on_host_texts_changed(
    tx: Transaction,
    event: GatheringChanged | RoomPlanned | RoomChanged | SessionPlanned | SessionChanged,
) -> None:
    """Event handler: report what hosts wrote about a gathering, its rooms and its programme if a rule catches it."""
    if isinstance(event, RoomChanged) and event.told == "room":
        return  # recorded for the gathering too
    await _report_host_texts(tx, await tx.rows(SELECT_HOST_TEXTS, gathering=event.gathering_id, room=None))


async def on_room_texts_changed(tx: Transaction, event: ColumnsChanged | PollOpened) -> None:
    """Event handler: report what hosts wrote on a noticeboard or in a poll if a rule catches it."""
    await _report_host_texts(tx, await tx.rows(SELECT_HOST_TEXTS, gathering=None, room=event.room_id))


async def _report_host_texts(tx: Transaction, rooms: Sequence[Record]) -> None:
    rules = await _read_rules(tx)
    for row in rooms:
        sector = SectorId(row["sector_id"])
        binding = [rule for rule in rules if rule.sector_id in (None, sector)]
        # Who wrote it is not known here, so rules about newcomers do not apply.
        await _report(tx, binding, row["texts"], ObjectReference("post", row["post_id"]), sector, None)


async def _read_rules(tx: Transaction) -> list[ActiveRule]:
    rules = [active_rule(row) for row in await tx.rows(SELECT_ACTIVE_RULES)]
    # The rules of a room are for those whom its hosts let in.
    return [rule for rule in rules if rule.topic_id is None and isinstance(rule.test, TESTS_OF_WORDS)]


async def _report(
    tx: Transaction,
    rules: Sequence[ActiveRule],
    texts: Sequence[str],
    subject: ObjectReference,
    sector: SectorId | None,
    trust: int | None,
) -> None:
    """Open a case about a subject if a rule catches one of its texts in a way that was not reported before."""
    now = clock.now()
    # One by one, so that what is around a match stays the same when another text changes.
    caught: dict[int, tuple[ActiveRule, Finding]] = {}
    for text in texts:
        if waiting := [rule for rule in rules if rule.id not in caught]:
            screened = await _screened(tx, text, trust)
            found = await in_thread(apply_rules, waiting, screened)
            caught.update((rule.id, (rule, finding)) for rule, finding in found)
    new = [rule.id for rule, finding in caught.values() if await _note(tx, rule, finding, subject)]
    if new:
        case = await open_or_join_case(tx, subject, sector, "rule", now)
        await tx.record(case, now)
        tx.audit("noticed", sector=sector, case=case.case_id, reason="rule")


async def _screened(tx: Transaction, text: str, trust: int | None) -> ScreenedText:
    try:
        html = (await render_text(text, site=tx.site)).html
    except Refusal:  # too intricate: the words are checked as they were typed
        html = ""
    return ScreenedText(body=text, html=html, site=tx.site, now=clock.now(), trust=trust)


async def _note(tx: Transaction, rule: ActiveRule, found: Finding, subject: ObjectReference) -> bool:
    passages = msgspec.json.encode(found.passages).decode()
    facts = {"rule": rule.id, "why": found.stored, "passages": passages, "now": clock.now()}
    upsert = UPSERT_PROFILE_MATCH if subject.kind == "profile" else UPSERT_ROOM_MATCH
    return bool(await tx.run(upsert, subject=subject.id, **facts))


HANDLERS: EventHandlers = {
    MemberJoined: (on_profile_changed,),
    ProfileChanged: (on_profile_changed,),
    ProfileTextsChanged: (on_profile_changed,),
    GatheringChanged: (on_host_texts_changed,),
    RoomPlanned: (on_host_texts_changed,),
    RoomChanged: (on_host_texts_changed,),
    SessionPlanned: (on_host_texts_changed,),
    SessionChanged: (on_host_texts_changed,),
    ColumnsChanged: (on_room_texts_changed,),
    PollOpened: (on_room_texts_changed,),
}
