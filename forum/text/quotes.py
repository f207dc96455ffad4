"""Quotations: the words of another post, kept once beside it, named where they are quoted, and put in when they are shown.

In a text that is stored there stands only which quotation it is. So whatever happens to the quoted post happens to its
words wherever they are quoted, at once and on every surface, and they are back when the post is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from html import escape

from asyncpg import Record
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BigInteger, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.errors import Invalid
from forum.shapes import Post
from forum.tables import posts, topics
from forum.tables_writing import quotations
from forum.text.markdown import plain, render
from forum.text.topic_links import name_links
from forum.visibility import (
    is_for_everyone,
    placed_posts,
    quotable_text,
    seen_by,
    visible_text,
    visible_topics,
)
from members.tables import members
from storage.database import Database, Reader, Transaction
from storage.statements import statement

MOST = 20
NOT_SHOWN = "What was quoted here is not shown."

_FIRST_LINE = re.compile(r"> ?\[[^\]\n]{1,200}\]\(/p/(\d{1,18})\):?[ \t]*")
_MARKS = re.compile(r"[> ]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NAMED = re.compile(r"^\[\[quote (\d{1,18})\]\]$", re.M)
_PLACE = re.compile(r'<blockquote class="quote" data-quote="(\d{1,18})"></blockquote>')
_LETTERS = re.compile(r"[\W_]+")
_LEFT_OUT = re.compile(r"\[(?:\.\.\.|…)\]")
_NOT_IN_LABEL = re.compile(r"[\[\]\n\\]")

_QUOTED = statement(
    select(posts.c.id, posts.c.html)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(
        posts.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        placed_posts(),
        visible_topics(),
        visible_text(),
    )
)
_KEEP = statement("""
INSERT INTO quotations (post_id, digest, body, html, is_exact) VALUES (:post, :digest, :body, :html, :exact)
ON CONFLICT (post_id, digest) DO UPDATE SET digest = excluded.digest RETURNING id
""")
_READ = statement(
    select(
        quotations.c.id,
        quotations.c.post_id,
        quotations.c.is_exact,
        posts.c.topic_id,
        posts.c.number,
        posts.c.state,
        members.c.display_name,
        is_for_everyone().label("is_open"),
        quotable_text().label("is_quotable"),
        case((posts.c.state == "published", quotations.c.html)).label("html"),
    )
    .join(posts, posts.c.id == quotations.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(members, members.c.id == posts.c.author_id)
    .where(quotations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), placed_posts())
)
_WORDS = statement(
    select(quotations.c.id, quotations.c.post_id, posts.c.number, members.c.display_name, quotations.c.body)
    .join(posts, posts.c.id == quotations.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(members, members.c.id == posts.c.author_id)
    .where(
        quotations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        placed_posts(),
        visible_topics(),
        visible_text(),
    )
)

# Also of posts that are withdrawn or hidden: they may come back, and their words with them.
_QUOTED_WORDS = statement(
    select(*quotations.c[("id", "body", "html", "is_exact")])
    .join(posts, posts.c.id == quotations.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(
        quotations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        placed_posts(),
        visible_topics(),
    )
)


class TooManyQuotes(Invalid):
    """A post quotes more than anybody reads."""

    message = f"A post can quote {MOST} passages at most."


class _Block(Struct, frozen=True):
    # A quotation as it is typed: the lines from `start` to before `end`, the post, its words.
    start: int
    end: int
    post: int
    words: str


class Quoted(Struct, frozen=True):
    """The words of a quotation, as typed and as shown, and whether the quoted post says them."""

    body: str
    html: str
    is_exact: bool


def quote(post_id: int, number: int, author: str, words: str) -> str:
    """A quotation as it stands in the field where one writes: a quote whose first line leads to the post. What the words
    quote themselves is left out."""
    label = f"{_NOT_IN_LABEL.sub('', author) or 'Anonymous'}, #{number}"
    lines = without_quotes(words).strip().split("\n")
    said = "\n".join(f"> {line}".rstrip() for line in lines)
    return f"> [{label}](/p/{post_id}):\n{said}\n\n"


def without_quotes(body: str) -> str:
    """A stored text without the names of what it quotes."""
    return _NAMED.sub("", body)


def has_quotes(body: str) -> bool:
    """Whether there may be quotations in a text: a look that costs nothing."""
    return "](/p/" in body and ">" in body


async def lift_quotes(db: Database, actor: Actor, body: str) -> str:
    """The same text, in which quotations are named; what is named is kept at once."""
    if not has_quotes(body):
        return body
    async with db.begin() as tx:
        return await lift(tx, actor, body)


async def lift(tx: Transaction, actor: Actor, body: str, most: int | None = MOST) -> str:
    """The same text, in which all quotations of posts that the actor can read are named instead of written out."""
    blocks = _blocks(body) if has_quotes(body) else []
    if not blocks:
        return body
    if most is not None and len(blocks) > most:
        raise TooManyQuotes(field="body")
    found = await tx.rows(_QUOTED, ids=sorted({block.post for block in blocks}), **seen_by(actor))
    said = {row["id"]: row["html"] for row in found}
    lines = body.split("\n")
    for block in reversed(blocks):
        if block.post in said:
            id = await _keep(tx, block, said[block.post])
            lines[block.start : block.end] = _apart(lines, block, f"[[quote {id}]]")
    return "\n".join(lines)


async def write_out(tx: Reader, actor: Actor, body: str) -> str:
    """A text as it was typed: with the words of its quotations, as far as the actor can read them; the others stay named."""
    ids = [int(id) for id in _NAMED.findall(body)]
    if not ids:
        return body
    found = {row["id"]: row for row in await tx.rows(_WORDS, ids=sorted(set(ids)), **seen_by(actor))}

    def typed(name: re.Match[str]) -> str:
        row = found.get(int(name[1]))
        if row is None:
            return name[0]
        return quote(row["post_id"], row["number"], row["display_name"] or "", row["body"]).strip()

    return _NAMED.sub(typed, body)


async def read_quoted(tx: Reader, actor: Actor, ids: Iterable[int]) -> dict[int, Quoted]:
    """What quotations say, by their numbers, of posts in topics that the actor can see; for whoever screens texts."""
    rows = await tx.rows(_QUOTED_WORDS, ids=sorted(set(ids)), **seen_by(actor))
    return {row["id"]: Quoted(row["body"], row["html"], row["is_exact"]) for row in rows}


async def fill(tx: Reader, shown: Sequence[Post]) -> list[Post]:
    """Posts with their quotations in them and topics by their titles: a statement each for all, and none where there are
    none."""
    texts = await fill_texts(tx, [(post.topic, post.html or "") for post in shown])
    if texts is None:
        return list(shown)
    return [
        post if post.html is None or post.html == text else replace(post, html=text)
        for post, text in zip(shown, texts, strict=True)
    ]


async def fill_texts(tx: Reader, texts: Sequence[tuple[int, str]]) -> list[str] | None:
    """Rendered texts, each of a topic, with all that is put in when they are shown; None if that is nothing."""
    ids = [int(id) for _, html in texts if "data-quote=" in html for id in _PLACE.findall(html)]
    filled = [html for _, html in texts]
    if ids:
        found = await _read(tx, ids)
        filled = [_filled(html, found, topic) for topic, html in texts]
    named = await name_links(tx, filled)
    return named or (filled if ids else None)


def _filled(html: str, found: Mapping[int, Record], topic_id: int) -> str:
    return _PLACE.sub(lambda place: _drawn(found.get(int(place[1])), topic_id), html)


async def _read(tx: Reader, ids: Iterable[int]) -> Mapping[int, Record]:
    return {row["id"]: row for row in await tx.rows(_READ, ids=sorted(set(ids)))}


def _is_shown(row: Record, topic_id: int) -> bool:
    return row["html"] is not None and (row["is_quotable"] or row["topic_id"] == topic_id)


def _drawn(row: Record | None, topic_id: int) -> str:
    if row is None or not (row["is_open"] or row["topic_id"] == topic_id):
        return f'<blockquote class="quote gone"><p>{NOT_SHOWN}</p></blockquote>'
    name = escape(row["display_name"] or "Anonymous")
    link = f'<a href="/p/{row["post_id"]}"><bdi>{name}</bdi>, #{row["number"]}</a>'
    if not _is_shown(row, topic_id):
        return f'<blockquote class="quote gone"><p class="of">{link}</p><p>{NOT_SHOWN}</p></blockquote>'
    freely = "" if row["is_exact"] else "Freely after "
    return f'<blockquote class="quote"><p class="of">{freely}{link}</p>{row["html"]}</blockquote>'


async def _keep(tx: Transaction, block: _Block, said: str) -> int:
    words = _NAMED.sub("[…]", _without_nested(block.words))
    digest = blake2b(words.encode(), digest_size=16).digest()
    html = render(words, prefix=f"q{digest.hex()[:10]}-").html
    binds = {"post": block.post, "digest": digest, "body": words, "html": html, "exact": _is_said(html, said)}
    return int(await tx.value(_KEEP, **binds))


def _without_nested(words: str) -> str:
    # What is quoted in a quotation belongs to a third post, of which nobody would know that it is quoted here.
    kept: list[str] = []
    inside = 0
    for line in words.split("\n"):
        depth = len(_MARKS.match(line)[0].replace(" ", ""))  # type: ignore[index]
        if inside and depth >= inside:
            continue
        inside = depth if depth and _FIRST_LINE.fullmatch(f"> {line.lstrip('> ')}") else 0
        kept.append("[…]" if inside else line)
    return "\n".join(kept)


def _is_said(html: str, said: str) -> bool:
    # Compared by letters alone: what is quoted from a page has lost its markup, and `[…]` leaves something out.
    whole = _folded(said)
    at = 0
    for part in _LEFT_OUT.split(plain(html, len(html) + 1)):
        at = whole.find(_folded(part), at)
        if at < 0:
            return False
    return True


def _folded(text: str) -> str:
    return _LETTERS.sub("", plain(text, len(text) + 1)).casefold()


def _blocks(body: str) -> list[_Block]:
    lines = body.split("\n")
    found: list[_Block] = []
    fence = ""
    at = 0
    while at < len(lines):
        if mark := _FENCE.match(lines[at]):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        first = None if fence else _FIRST_LINE.fullmatch(lines[at])
        end = at + 1
        while first and end < len(lines) and lines[end].startswith(">"):
            end += 1
        words = "\n".join(line[1:].removeprefix(" ") for line in lines[at + 1 : end]).strip()
        if first and words:
            found.append(_Block(at, end, int(first[1]), words))
        at = end
    return found


def _apart(lines: list[str], block: _Block, name: str) -> list[str]:
    # A paragraph of its own, whatever stands around it.
    before = [""] if block.start and lines[block.start - 1].strip() else []
    after = [""] if block.end < len(lines) and lines[block.end].strip() else []
    return [*before, name, *after]
