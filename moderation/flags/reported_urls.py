"""Addresses of ours, as people copy them from their browsers: what an address shows to somebody."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import bindparam, select

from core.actor import Actor
from core.errors import Invalid
from core.ids import PostId
from forum.files.files import find_file
from forum.tables import posts, topics
from forum.visibility import posts_not_held, seen_by, visible_topics
from gatherings.tables import notices, questions
from members.handles import normalize_handle
from moderation.shapes import ObjectName
from storage.database import Transaction
from storage.statements import Statement, statement

_ID = r"([1-9]\d{0,17})"
_POST = re.compile(rf"/p/{_ID}(?:/\w+)?")
_TOPIC = re.compile(rf"/t/{_ID}(?:/[^/]*)?(?:/{_ID})?")
_NOTICE = re.compile(rf"/r/{_ID}/board/{_ID}")
_PROFILE = re.compile(r"/m/([^/]{1,60})")
_FILE = re.compile(rf"/files/{_ID}/[^/]+")
_ROOM = re.compile(rf"/r/{_ID}(?:/board)?")
_ANCHOR = re.compile(rf"([pqn]){_ID}")

_SEEN = (posts_not_held(), visible_topics())
_BY_ID = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), *_SEEN)
)
_BY_NUMBER = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(topics.c.id == bindparam("id"), posts.c.number == bindparam("number"), *_SEEN)
)
_OF_TOPIC = statement(select(topics.c.id).where(topics.c.id == bindparam("id"), visible_topics()))
_OF_MEMBER = statement("SELECT id FROM members WHERE handle = :handle")
_OF_QUESTION = statement(select(questions.c.post_id).where(questions.c.id == bindparam("id")))
_OF_NOTICE = statement(select(notices.c.post_id).where(notices.c.id == bindparam("id")))
_PARTS: Mapping[str, Statement] = {"q": _OF_QUESTION, "n": _OF_NOTICE}

# What PostgreSQL's integer can hold: a number beyond was never given out.
_MOST = 2**31 - 1


class AddressUnknown(Invalid):
    """Nothing of ours that the asker can see has this address; whether there ever was anything is not said."""

    message = "We find nothing at this address. Copy it from your browser, with the number of the post."


async def resolve_url(tx: Transaction, actor: Actor, address: str, whole: bool) -> tuple[ObjectName, str]:
    """What an address of this community shows to the actor, and its plain address: of a topic the `whole` or its first
    post."""
    path = _path(tx.site, address)
    if path is not None and (match := _PROFILE.fullmatch(path)):
        handle = normalize_handle(match[1])
        member_id = await tx.value(_OF_MEMBER, handle=handle)
        if member_id is not None:
            return ObjectName("profile", member_id), f"/m/{handle}"
    elif path is not None and (match := _FILE.fullmatch(path)):
        file = await find_file(tx, actor, int(match[1]))
        if file is not None:
            return ObjectName("file", file.id), file.address
    elif path is not None and whole and (match := _TOPIC.fullmatch(path)):
        topic_id = await tx.value(_OF_TOPIC, id=int(match[1]), **seen_by(actor))
        if topic_id is not None:
            return ObjectName("topic", topic_id), f"/t/{topic_id}"
    else:
        post_id = await resolve_post_url(tx, actor, address)
        return ObjectName("post", post_id), f"/p/{post_id}"
    raise AddressUnknown(field="address")


async def resolve_post_url(tx: Transaction, actor: Actor, address: str) -> PostId:
    """The post that an address of this community shows to the actor: of a topic its first one."""
    query = _read(tx.site, address)
    if query is None:
        raise AddressUnknown(field="address")
    named, binds = query
    if named is not _BY_ID and named is not _BY_NUMBER:
        post_id = await tx.value(named, **binds)
        named, binds = _BY_ID, {"id": post_id or 0}
    found = await tx.value(named, **binds, **seen_by(actor))
    if found is None:
        raise AddressUnknown(field="address")
    return PostId(found)


def _path(site: str, address: str) -> str | None:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    is_ours = not parts.netloc or f"{parts.scheme}://{parts.netloc}".lower() == site.lower()
    return parts.path if is_ours else None


def _read(site: str, address: str) -> tuple[Statement, dict[str, int]] | None:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.netloc and f"{parts.scheme}://{parts.netloc}".lower() != site.lower():
        return None
    path, anchor = parts.path, _ANCHOR.fullmatch(parts.fragment)
    kind, number = (anchor[1], int(anchor[2])) if anchor else ("", 0)
    if match := _POST.fullmatch(path):
        return _BY_ID, {"id": int(match[1])}
    if match := _TOPIC.fullmatch(path):
        wanted = number if kind == "p" else int(match[2] or 1)
        return (_BY_NUMBER, {"id": int(match[1]), "number": wanted}) if wanted <= _MOST else None
    if match := _NOTICE.fullmatch(path):
        return _OF_NOTICE, {"id": int(match[2])}
    if _ROOM.fullmatch(path):
        asked = parse_qs(parts.query).get("q", [""])[0]
        if kind in _PARTS:
            return _PARTS[kind], {"id": number}
        if re.fullmatch(_ID, asked):
            return _OF_QUESTION, {"id": int(asked)}
    return None
