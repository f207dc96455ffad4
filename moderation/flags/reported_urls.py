"""Resolving URLs of this service, as people copy them from their browsers, to the objects they show."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import bindparam, select

from core.actor import Actor
from core.errors import Invalid
from core.ids import PostId
from core.languages.texts import translatable
from forum.files.files import find_file
from forum.tables import posts, topics
from forum.visibility import posts_not_held, seen_by, visible_topics
from gatherings.tables import notices, questions
from members.handles import normalize_handle
from members.profiles.profiles import find_member_id
from moderation.shapes import ObjectReference
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

_IS_VISIBLE = (posts_not_held(), visible_topics())
SELECT_POST = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), *_IS_VISIBLE)
)
SELECT_REPORTED_POST_NUMBER = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(topics.c.id == bindparam("id"), posts.c.number == bindparam("number"), *_IS_VISIBLE)
)
SELECT_TOPIC = statement(select(topics.c.id).where(topics.c.id == bindparam("id"), visible_topics()))
SELECT_QUESTION_POST = statement(select(questions.c.post_id).where(questions.c.id == bindparam("id")))
SELECT_NOTICE_POST = statement(select(notices.c.post_id).where(notices.c.id == bindparam("id")))
_SELECT_BY_ANCHOR: Mapping[str, Statement] = {"q": SELECT_QUESTION_POST, "n": SELECT_NOTICE_POST}

# The largest integer in PostgreSQL; no post has a larger number.
_MAX_POST_NUMBER = 2**31 - 1


class AddressUnknown(Invalid):
    """The URL shows nothing that the actor can see. The refusal does not reveal whether something ever existed there."""

    message = translatable(
        "We found nothing at this address. Copy it from your browser, with the number of the post."
    )


async def resolve_url(
    tx: Transaction, actor: Actor, address: str, whole: bool
) -> tuple[ObjectReference, str]:
    """Return the object that a URL of this service shows to the actor, and its canonical path. The URL of a topic means
    its first post, or the topic itself if `whole`. Raises AddressUnknown."""
    path = _path_of(tx.site, address)
    if path is not None and (match := _PROFILE.fullmatch(path)):
        handle = normalize_handle(match[1])
        member_id = await find_member_id(tx, handle)
        if member_id is not None:
            return ObjectReference("profile", member_id), f"/m/{handle}"
    elif path is not None and (match := _FILE.fullmatch(path)):
        file = await find_file(tx, actor, int(match[1]))
        if file is not None:
            return ObjectReference("file", file.id), file.address
    elif path is not None and whole and (match := _TOPIC.fullmatch(path)):
        topic_id = await tx.value(SELECT_TOPIC, id=int(match[1]), **seen_by(actor))
        if topic_id is not None:
            return ObjectReference("topic", topic_id), f"/t/{topic_id}"
    else:
        post_id = await resolve_post_url(tx, actor, address)
        return ObjectReference("post", post_id), f"/p/{post_id}"
    raise AddressUnknown(field="address")


async def resolve_post_url(tx: Transaction, actor: Actor, address: str) -> PostId:
    """Return the post that a URL of this service shows to the actor; the URL of a topic means its first post. Raises
    AddressUnknown."""
    parsed = _parse_post_url(tx.site, address)
    if parsed is None:
        raise AddressUnknown(field="address")
    query, binds = parsed
    if query is not SELECT_POST and query is not SELECT_REPORTED_POST_NUMBER:
        post_id = await tx.value(query, **binds)
        query, binds = SELECT_POST, {"id": post_id or 0}
    found = await tx.value(query, **binds, **seen_by(actor))
    if found is None:
        raise AddressUnknown(field="address")
    return PostId(found)


def _path_of(site: str, address: str) -> str | None:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    is_ours = not parts.netloc or f"{parts.scheme}://{parts.netloc}".lower() == site.lower()
    return parts.path if is_ours else None


def _parse_post_url(site: str, address: str) -> tuple[Statement, dict[str, int]] | None:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.netloc and f"{parts.scheme}://{parts.netloc}".lower() != site.lower():
        return None
    path, anchor = parts.path, _ANCHOR.fullmatch(parts.fragment)
    kind, number = (anchor[1], int(anchor[2])) if anchor else ("", 0)
    if match := _POST.fullmatch(path):
        return SELECT_POST, {"id": int(match[1])}
    if match := _TOPIC.fullmatch(path):
        wanted = number if kind == "p" else int(match[2] or 1)
        return (
            (SELECT_REPORTED_POST_NUMBER, {"id": int(match[1]), "number": wanted})
            if wanted <= _MAX_POST_NUMBER
            else None
        )
    if match := _NOTICE.fullmatch(path):
        return SELECT_NOTICE_POST, {"id": int(match[2])}
    if _ROOM.fullmatch(path):
        question = parse_qs(parts.query).get("q", [""])[0]
        if kind in _SELECT_BY_ANCHOR:
            return _SELECT_BY_ANCHOR[kind], {"id": number}
        if re.fullmatch(_ID, question):
            return SELECT_QUESTION_POST, {"id": int(question)}
    return None
