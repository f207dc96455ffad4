"""Following: the levels at which a member follows topics, sectors and tags, chosen or automatic.

The level that a member chose for a topic counts. Otherwise the highest of the automatic level of the topic and the chosen
levels of its sector and its tags counts.
"""

from typing import Annotated, Any

from asyncpg import Record
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import BigInteger, Integer, Select, any_, bindparam, func, or_, select, true

from core.actor import Actor
from core.ids import MemberId, TopicId
from core.languages.names import local, shared_name
from forum import sectors
from forum.events import FollowingChanged, ReplyPosted
from forum.following.reasons import describe_following
from forum.following.shapes import Following, FollowingList, Scope
from forum.following_levels import LEVELS, NORMAL, TRACKING, WATCHING, Level
from forum.notifications.email_preferences import EmailFrequency
from forum.tables import following, topics
from forum.tables import sectors as sector_table
from forum.tags.synonyms import resolve_tag
from forum.topics.topics import get_topic
from forum.visibility import seen_by, visible_topics
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader, Transaction
from storage.statements import statement

PAGE = 50

Mail = EmailFrequency | None | UnsetType

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]

_reader = bindparam("reader", type_=BigInteger)
_own, _by_sector, _by_tag = (following.alias(name) for name in ("own", "by_sector", "by_tag"))
_highest_tag_level = (
    select(_by_tag.c.chosen)
    .where(
        _by_tag.c.member_id == _reader, _by_tag.c.tag == any_(topics.c.tags), _by_tag.c.chosen.is_not(None)
    )
    .order_by(_by_tag.c.chosen.desc())
    .limit(1)
    .correlate(topics)
    .lateral()
)


def with_following(query: Select[Any]) -> Select[Any]:
    """Add the columns that `following_of` needs to a query of topics: how the member follows each topic."""
    return (
        query.add_columns(
            _own.c.chosen,
            _own.c.automatic,
            _own.c.because,
            _own.c.mail,
            _by_sector.c.chosen.label("by_sector"),
            _highest_tag_level.c.chosen.label("by_tag"),
        )
        .outerjoin(_own, (_own.c.topic_id == topics.c.id) & (_own.c.member_id == _reader))
        .outerjoin(
            _by_sector, (_by_sector.c.sector_id == topics.c.sector_id) & (_by_sector.c.member_id == _reader)
        )
        .outerjoin(_highest_tag_level, true())
    )


_SELECT_FOLLOWING_OF_TOPICS = statement(
    with_following(select(topics.c.id, topics.c.title, topics.c.titles)).where(
        topics.c.id == func.any(bindparam("topics")), visible_topics()
    )
)
_following_rows = (
    select(
        *following.c[("id", "topic_id", "tag", "chosen", "automatic", "because", "mail")],
        topics.c.title,
        topics.c.titles,
        sector_table.c.slug,
        sector_table.c.name,
    )
    .select_from(
        following.outerjoin(topics, topics.c.id == following.c.topic_id).outerjoin(
            sector_table, sector_table.c.id == following.c.sector_id
        )
    )
    .where(following.c.member_id == _reader, or_(following.c.topic_id.is_(None), visible_topics()))
)
_SELECT_FOLLOWED_SECTORS_AND_TAGS = statement(
    _following_rows.where(following.c.topic_id.is_(None)).order_by(sector_table.c.place, following.c.tag)
)
_SELECT_FOLLOWED_TOPICS = statement(
    _following_rows.where(
        following.c.topic_id.is_not(None), following.c.id < bindparam("before", type_=BigInteger)
    )
    .order_by(following.c.id.desc())
    .limit(bindparam("count", type_=Integer))
)
_SELECT_FOLLOWING_BY_ID = statement(_following_rows.where(following.c.id == func.any(bindparam("ids"))))
_SELECT_SECTOR_NAME = statement("SELECT name FROM sectors WHERE id = :id")
_UPSERT_CHOSEN_LEVEL = statement("""
INSERT INTO following (member_id, topic_id, sector_id, tag, chosen, mail)
VALUES (:member, :topic, :sector, :tag, :level, :mail)
ON CONFLICT (member_id, topic_id, sector_id, tag) DO UPDATE SET chosen = excluded.chosen,
    mail = CASE WHEN :keeps_mail THEN following.mail ELSE excluded.mail END
WHERE following.chosen IS DISTINCT FROM excluded.chosen
    OR NOT :keeps_mail AND following.mail IS DISTINCT FROM excluded.mail
RETURNING id
""")
# The automatic level never changes the chosen one, and it only rises.
_UPSERT_AUTOMATIC_LEVEL = statement("""
INSERT INTO following (member_id, topic_id, automatic, because) VALUES (:member, :topic, :level, :because)
ON CONFLICT (member_id, topic_id, sector_id, tag) DO UPDATE
SET automatic = excluded.automatic, because = excluded.because
WHERE coalesce(following.automatic, -1) < excluded.automatic
RETURNING id
""")
_SELECT_CLAIMED_AUTHOR = statement("""
SELECT p.author_id, p.number, t.id FROM posts p JOIN topics t ON t.id = p.topic_id
JOIN members m ON m.id = p.author_id AND m.is_claimed
WHERE p.id = :post AND t.kind <> 'room' AND p.markup <> 'mail'
""")
_INSERT_READ_STATE = statement("""
INSERT INTO readings (member_id, topic_id, read_at) VALUES (:member, :topic, now()) ON CONFLICT DO NOTHING
""")


async def show_topic_following(tx: Reader, actor: Actor, topic_id: TopicId) -> Following:
    """Return how the member follows a topic; raise NotFound if the member cannot see it."""
    actor.signed_in()
    await get_topic(tx, actor, topic_id)
    (row,) = await tx.rows(_SELECT_FOLLOWING_OF_TOPICS, topics=[topic_id], **seen_by(actor))
    return following_of(row)


async def follow_topic(
    tx: Transaction, actor: Actor, topic_id: TopicId, level: Level | None, mail: Mail = UNSET
) -> Following:
    """Set the member's level for a topic, or remove the choice with None; raise NotFound if the member cannot see it."""
    member = actor.signed_in()
    await get_topic(tx, actor, topic_id)
    await _choose(tx, member, level, mail, topic=topic_id)
    return await show_topic_following(tx, actor, topic_id)


async def show_sector_following(tx: Reader, actor: Actor, slug: str) -> Following:
    """Return how the member follows a sector; raise NotFound."""
    actor.signed_in()
    sector_id = await sectors.get_sector_id(tx, slug)
    found = await _find_choice(tx, actor, "sector", slug)
    return found or _choice_of("sector", slug, await tx.value(_SELECT_SECTOR_NAME, id=sector_id))


async def follow_sector(
    tx: Transaction, actor: Actor, slug: str, level: Level | None, mail: Mail = UNSET
) -> Following:
    """Set the member's level for a sector, or remove the choice with None; raise NotFound."""
    member = actor.signed_in()
    await _choose(tx, member, level, mail, sector=await sectors.get_sector_id(tx, slug))
    return await show_sector_following(tx, actor, slug)


async def show_tag_following(tx: Reader, actor: Actor, tag: str) -> Following:
    """Return how the member follows a tag in all sectors; raise TagInvalid."""
    actor.signed_in()
    tag = await resolve_tag(tx, tag)
    return await _find_choice(tx, actor, "tag", tag) or _choice_of("tag", tag, tag)


async def follow_tag(
    tx: Transaction, actor: Actor, tag: str, level: Level | None, mail: Mail = UNSET
) -> Following:
    """Set the member's level for a tag in all sectors, or remove the choice with None; raise TagInvalid."""
    await _choose(tx, actor.signed_in(), level, mail, tag=await resolve_tag(tx, tag))
    return await show_tag_following(tx, actor, tag)


async def read_following(tx: Reader, actor: Actor, after: str | None = None) -> FollowingList:
    """Return one page of what the member follows or has muted: first sectors and tags, then topics, the latest first."""
    actor.signed_in()
    before = 2**63 - 1 if after is None else decode_cursor(after, tuple[_Id])[0]
    rows = await tx.rows(_SELECT_FOLLOWED_TOPICS, before=before, count=PAGE + 1, **seen_by(actor))
    wide = [] if after is not None else await tx.rows(_SELECT_FOLLOWED_SECTORS_AND_TAGS, **seen_by(actor))
    items = [
        _of_row(row)
        for row in (*wide, *rows[:PAGE])
        if row["chosen"] is not None or row["because"] or row["mail"]
    ]
    return FollowingList(items, encode_cursor(rows[PAGE - 1]["id"]) if len(rows) > PAGE else None)


async def show_following_by_id(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, Following]:
    """Return what the member follows, by the ids that `following_changed` events name."""
    rows = await tx.rows(_SELECT_FOLLOWING_BY_ID, ids=ids, **seen_by(actor))
    topic_ids = [row["topic_id"] for row in rows if row["topic_id"] is not None]
    whole = {
        row["id"]: following_of(row)
        for row in await tx.rows(_SELECT_FOLLOWING_OF_TOPICS, topics=topic_ids, **seen_by(actor))
    }
    return {row["id"]: whole.get(row["topic_id"]) or _of_row(row) for row in rows}


async def follow_automatically(
    tx: Transaction, member: MemberId, topic_id: TopicId, level: int, why: str
) -> None:
    """Raise the member's automatic level for a topic; `why` is the code of the reason. A chosen level stays as it is."""
    changed = await tx.value(_UPSERT_AUTOMATIC_LEVEL, member=member, topic=topic_id, level=level, because=why)
    if changed is not None:
        await tx.record(FollowingChanged(member_id=member, following_id=changed))


async def on_reply_posted(tx: Transaction, event: ReplyPosted) -> None:
    """Let the author of a post follow its topic: watch it after opening it, track it after a reply."""
    row = await tx.row(_SELECT_CLAIMED_AUTHOR, post=event.post_id)
    if row is not None:
        member, topic_id = MemberId(row["author_id"]), TopicId(row["id"])
        level, why = (WATCHING, "opened") if row["number"] == 1 else (TRACKING, "replied")
        await tx.run(_INSERT_READ_STATE, member=member, topic=topic_id)
        await follow_automatically(tx, member, topic_id, level, why)


def following_of(row: Record) -> Following:
    """Return how the member follows a topic, from a row of a query made by `with_following`."""
    defaults = [(row["automatic"], row["because"]), (row["by_sector"], "sector"), (row["by_tag"], "tag")]
    level, because = max((pair for pair in defaults if pair[0] is not None), default=(NORMAL, "nothing"))
    if row["chosen"] is not None:
        level, because = row["chosen"], "chosen"
    return Following(
        scope="topic",
        id=row["id"],
        title=local(row["title"], row["titles"]),
        level=LEVELS[level],
        chosen=_level(row["chosen"]),
        automatic=_level(row["automatic"]),
        because=because,
        reason=describe_following(because),
        mail=row["mail"],
    )


async def _choose(
    tx: Transaction,
    member: MemberId,
    level: Level | None,
    mail: Mail,
    *,
    topic: int | None = None,
    sector: int | None = None,
    tag: str | None = None,
) -> None:
    stored = None if level is None else LEVELS.index(level)
    target = {"topic": topic, "sector": sector, "tag": tag}
    email = {"mail": None if mail is UNSET else mail, "keeps_mail": mail is UNSET}
    changed = await tx.value(_UPSERT_CHOSEN_LEVEL, member=member, level=stored, **target, **email)
    if changed is not None:
        await tx.record(FollowingChanged(member_id=member, following_id=changed))


async def _find_choice(tx: Reader, actor: Actor, scope: Scope, key: str) -> Following | None:
    rows = await tx.rows(_SELECT_FOLLOWED_SECTORS_AND_TAGS, **seen_by(actor))
    found = (_of_row(row) for row in rows)
    return next((choice for choice in found if choice.scope == scope and choice.id == key), None)


def _of_row(row: Record) -> Following:
    if row["topic_id"] is not None:
        return following_of({**row, "id": row["topic_id"], "by_sector": None, "by_tag": None})  # type: ignore[arg-type]
    scope: Scope = "tag" if row["slug"] is None else "sector"
    key, name = (row["tag"], row["tag"]) if scope == "tag" else (row["slug"], row["name"])
    return _choice_of(scope, key, name, _level(row["chosen"]), row["mail"])


def _choice_of(
    scope: Scope, key: str, title: str, chosen: Level | None = None, mail: EmailFrequency | None = None
) -> Following:
    because = "nothing" if chosen is None else "chosen"
    return Following(
        scope=scope,
        id=key,
        title=shared_name(title),
        level=chosen or "normal",
        chosen=chosen,
        automatic=None,
        because=because,
        reason=describe_following(because),
        mail=mail,
    )


def _level(stored: int | None) -> Level | None:
    return None if stored is None else LEVELS[stored]
