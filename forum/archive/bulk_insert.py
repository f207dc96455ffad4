"""Planting: writing many threads of an archive at once, with numbers, places in the tree and one event a topic."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from core.events import Event
from core.text import TITLE_LENGTH
from forum.events import ReplyPosted, TopicOpened
from forum.posts.tree_path import encode_segment
from members.accounts.unclaimed import find_or_create_archive_author
from storage.database import Transaction
from storage.statements import statement

DEEPEST = 200
ROWS = 1_000

_AUTHORS = statement(
    "SELECT email, id FROM members WHERE email = ANY(CAST(:addresses AS text[])) "
    "AND (email_verified_at IS NOT NULL OR NOT is_claimed) ORDER BY is_claimed FOR KEY SHARE"
)
_TOPICS = statement(
    "SELECT id, last_number, roots FROM topics WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_PARENTS = statement(
    "SELECT id, topic_id, parent_id, path, depth, children FROM posts WHERE id = ANY(CAST(:ids AS bigint[])) "
    "OR id IN (SELECT parent_id FROM posts WHERE id = ANY(CAST(:ids AS bigint[])))"
)
_DRAW = "SELECT nextval(pg_get_serial_sequence('{0}', 'id')) AS id FROM generate_series(1, CAST(:count AS integer))"
_TOPIC_IDS = statement(_DRAW.format("topics"))
_POST_IDS = statement(_DRAW.format("posts"))
_OPEN = statement(
    "INSERT INTO topics (id, sector_id, title, kind, author_id, opened_at, last_activity_at, last_number, post_count, roots)"
    " SELECT id, :sector, title, 'mail', author, opened, latest, posts, posts, roots FROM unnest("
    "CAST(:ids AS bigint[]), CAST(:titles AS text[]), CAST(:authors AS bigint[]), CAST(:opened AS timestamptz[]), "
    "CAST(:latest AS timestamptz[]), CAST(:posts AS integer[]), CAST(:roots AS integer[])) "
    "AS t (id, title, author, opened, latest, posts, roots)"
)
_GROW = statement(
    "UPDATE topics SET last_number = last_number + :posts, post_count = post_count + :posts, roots = :roots, "
    "last_activity_at = greatest(last_activity_at, :latest), version = version + 1 WHERE id = :id"
)
_POST = statement(
    "INSERT INTO posts (id, topic_id, number, parent_id, path, depth, children, author_id, markup, body, html, posted_at)"
    " SELECT id, topic, number, parent, path, depth, children, author, 'mail', body, html, at FROM unnest("
    "CAST(:ids AS bigint[]), CAST(:topics AS bigint[]), CAST(:numbers AS integer[]), CAST(:parents AS bigint[]), "
    "CAST(:paths AS bytea[]), CAST(:depths AS smallint[]), CAST(:children AS integer[]), CAST(:authors AS bigint[]), "
    "CAST(:bodies AS text[]), CAST(:htmls AS text[]), CAST(:times AS timestamptz[])) "
    "AS p (id, topic, number, parent, path, depth, children, author, body, html, at)"
)
_CHILDREN = statement(
    "UPDATE posts SET children = c.children FROM unnest(CAST(:ids AS bigint[]), CAST(:children AS integer[])) "
    "AS c (id, children) WHERE posts.id = c.id"
)
_REMEMBER = statement(
    "INSERT INTO imported_mails (sector_id, message_id, topic_id, post_id, subject, awaits) "
    "SELECT :sector, id, topic, post, subject, ARRAY(SELECT jsonb_array_elements_text(CAST(awaits AS jsonb))) FROM unnest("
    "CAST(:ids AS text[]), CAST(:topics AS bigint[]), CAST(:posts AS bigint[]), CAST(:subjects AS text[]), "
    "CAST(:awaits AS text[])) AS m (id, topic, post, subject, awaits)"
)
# Like storage.log's, for many events of one channel, and without reactions: nobody is mailed about old letters.
_LOG = statement(
    "WITH head AS (INSERT INTO channels (name, seq) VALUES (CAST(:channel AS text), CAST(:count AS bigint)) "
    "ON CONFLICT (name) DO UPDATE SET seq = channels.seq + excluded.seq RETURNING seq), entries AS ("
    "INSERT INTO log (channel, seq, at, event) SELECT CAST(:channel AS text), head.seq - CAST(:count AS bigint) + e.ord, "
    "CAST(:now AS timestamptz), CAST(e.event AS jsonb) "
    "FROM head, unnest(CAST(:events AS text[])) WITH ORDINALITY AS e (event, ord)) SELECT seq FROM head"
)


class Seed(Struct, frozen=True, kw_only=True):
    """A mail that will be a post. `key` and `parent` are positions in the archive; `parent_post` is there already."""

    key: int
    parent: int | None
    parent_post: int | None
    message_id: str
    subject: str
    awaits: list[str]
    address: str
    name: str
    at: datetime
    text: str
    html: str


class Plot(Struct, frozen=True, kw_only=True):
    """What a topic gets, in order; a topic that does not exist yet is opened."""

    topic: int | None
    title: str
    seeds: list[Seed]


class _Place(Struct):
    # A post's place in the tree; `children` grows while others are placed below it.
    id: int
    topic_id: int
    parent_id: int | None
    path: bytes
    depth: int
    children: int


class _Bed(Struct, kw_only=True):
    # A topic while it is planted.
    plot: Plot
    id: int
    is_new: bool
    last_number: int
    roots: int


async def plant(tx: Transaction, sector: int, plots: Sequence[Plot], now: datetime) -> Counter[str]:
    """Write the posts of these threads; how many mails, topics and authors were new."""
    seeds = [seed for plot in plots for seed in plot.seeds]
    authors, added = await _find_authors(tx, seeds)
    beds = await _find_beds(tx, plots)
    places = await _find_parents(tx, seeds)
    before = set(places)
    posts = await _lay_out(tx, beds, places)

    await _open_topics(tx, sector, beds, authors)
    await _write_posts(tx, posts, authors)
    await _grow(tx, beds, [place for key, place in places.items() if key in before])
    await _remember(tx, sector, posts)
    await _tell(tx, sector, beds, posts, now)
    grown = sum(not bed.is_new for bed in beds)
    return Counter(mails=len(posts), new=len(beds) - grown, grown=grown, authors=added)


def address_of(seed: Seed) -> str:
    """What tells an author from others: the address, or in its place something made of the name that nobody can prove."""
    return seed.address or f"{blake2b(seed.name.encode(), digest_size=10).hexdigest()}@unknown.invalid"


async def _find_authors(tx: Transaction, seeds: Sequence[Seed]) -> tuple[dict[str, int], int]:
    addresses = list({address_of(seed) for seed in seeds})
    found = {row["email"]: row["id"] for row in await tx.rows(_AUTHORS, addresses=addresses)}
    added = 0
    for seed in seeds:
        address = address_of(seed)
        if address not in found:
            found[address] = await find_or_create_archive_author(tx, address, seed.name, seed.at)
            added += 1
    return found, added


async def _find_beds(tx: Transaction, plots: Sequence[Plot]) -> list[_Bed]:
    grown = sorted({plot.topic for plot in plots if plot.topic is not None})
    rows = {row["id"]: row for row in await tx.rows(_TOPICS, ids=grown)} if grown else {}
    fresh = iter(await tx.rows(_TOPIC_IDS, count=len(plots) - len(rows)))
    beds = []
    for plot in plots:
        row = rows.get(plot.topic) if plot.topic is not None else None
        if row is None:
            beds.append(_Bed(plot=plot, id=next(fresh)["id"], is_new=True, last_number=0, roots=0))
        else:
            beds.append(
                _Bed(
                    plot=plot, id=row["id"], is_new=False, last_number=row["last_number"], roots=row["roots"]
                )
            )
    return beds


async def _find_parents(tx: Transaction, seeds: Sequence[Seed]) -> dict[int, _Place]:
    ids = list({seed.parent_post for seed in seeds if seed.parent_post is not None})
    rows = await tx.rows(_PARENTS, ids=ids) if ids else []
    return {row["id"]: _Place(*row.values()) for row in rows}


class _Post(Struct, frozen=True):
    seed: Seed
    place: _Place
    number: int


async def _lay_out(tx: Transaction, beds: Sequence[_Bed], places: dict[int, _Place]) -> list[_Post]:
    # Adds to `places`; the ids of posts are drawn beforehand, so that all posts are written by one statement.
    ids = iter(await tx.rows(_POST_IDS, count=sum(len(bed.plot.seeds) for bed in beds)))
    posts: list[_Post] = []
    placed: dict[int, _Place] = {}
    for bed in beds:
        for number, seed in enumerate(bed.plot.seeds, bed.last_number + 1):
            above = placed.get(seed.parent) if seed.parent is not None else None
            if above is None and seed.parent_post is not None:
                above = places.get(seed.parent_post)
            if above is not None and above.depth >= DEEPEST:
                above = places[above.parent_id] if above.parent_id else None
            place = _place(bed, above, next(ids)["id"])
            places[place.id] = placed[seed.key] = place
            posts.append(_Post(seed, place, number))
    return posts


def _place(bed: _Bed, above: _Place | None, identity: int) -> _Place:
    if above is None or above.topic_id != bed.id:
        bed.roots += 1
        return _Place(identity, bed.id, None, encode_segment(bed.roots - 1), 0, 0)
    above.children += 1
    path = above.path + encode_segment(above.children - 1)
    return _Place(identity, bed.id, above.id, path, above.depth + 1, 0)


async def _open_topics(tx: Transaction, sector: int, beds: Sequence[_Bed], authors: dict[str, int]) -> None:
    new = [bed for bed in beds if bed.is_new]
    if not new:
        return
    await tx.run(
        _OPEN,
        sector=sector,
        ids=[bed.id for bed in new],
        titles=[bed.plot.title[:TITLE_LENGTH] for bed in new],
        authors=[authors[address_of(bed.plot.seeds[0])] for bed in new],
        opened=[bed.plot.seeds[0].at for bed in new],
        latest=[max(seed.at for seed in bed.plot.seeds) for bed in new],
        posts=[len(bed.plot.seeds) for bed in new],
        roots=[bed.roots for bed in new],
    )


async def _write_posts(tx: Transaction, posts: Sequence[_Post], authors: dict[str, int]) -> None:
    for some in _portions(posts):
        await tx.run(
            _POST,
            ids=[post.place.id for post in some],
            topics=[post.place.topic_id for post in some],
            numbers=[post.number for post in some],
            parents=[post.place.parent_id for post in some],
            paths=[post.place.path for post in some],
            depths=[post.place.depth for post in some],
            children=[post.place.children for post in some],
            authors=[authors[address_of(post.seed)] for post in some],
            bodies=[post.seed.text for post in some],
            htmls=[post.seed.html for post in some],
            times=[post.seed.at for post in some],
        )


async def _grow(tx: Transaction, beds: Sequence[_Bed], parents: Sequence[_Place]) -> None:
    for bed in beds:
        if not bed.is_new:
            latest = max(seed.at for seed in bed.plot.seeds)
            await tx.run(_GROW, id=bed.id, posts=len(bed.plot.seeds), roots=bed.roots, latest=latest)
    if parents:
        await tx.run(
            _CHILDREN, ids=[place.id for place in parents], children=[place.children for place in parents]
        )


async def _remember(tx: Transaction, sector: int, posts: Sequence[_Post]) -> None:
    for some in _portions(posts):
        await tx.run(
            _REMEMBER,
            sector=sector,
            ids=[post.seed.message_id for post in some],
            topics=[post.place.topic_id for post in some],
            posts=[post.place.id for post in some],
            subjects=[post.seed.subject for post in some],
            awaits=[msgspec.json.encode(post.seed.awaits).decode() for post in some],
        )


async def _tell(
    tx: Transaction, sector: int, beds: Sequence[_Bed], posts: Sequence[_Post], now: datetime
) -> None:
    # A new topic is one event in its sector. Who follows a topic that grew is told of each post, to stay up to date.
    opened: list[Event] = [TopicOpened(sector_id=sector, topic_id=bed.id) for bed in beds if bed.is_new]
    if opened:
        await _log(tx, f"sector:{sector}", opened, now)
    for bed in sorted((bed for bed in beds if not bed.is_new), key=lambda bed: bed.id):
        arrived: list[Event] = [
            ReplyPosted(topic_id=bed.id, post_id=post.place.id, number=post.number)
            for post in posts
            if post.place.topic_id == bed.id
        ]
        await _log(tx, f"topic:{bed.id}", arrived, now)


async def _log(tx: Transaction, channel: str, events: Sequence[Event], now: datetime) -> None:
    texts = [msgspec.json.encode(event).decode() for event in events]
    seq = await tx.value(_LOG, channel=channel, count=len(texts), events=texts, now=now)
    tx.positions.append((channel, seq))


def _portions(posts: Sequence[_Post]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(posts), ROWS):
        yield posts[start : start + ROWS]
