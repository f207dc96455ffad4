"""Citing: a post or a topic as others refer to it, in plain words, for BibTeX and as CSL-JSON (citationstyles.org 1.0.2)."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from core.actor import Actor
from core.ids import PostId, TopicId
from forum.posts.post_pages import show_post
from forum.topics.topics import show_topic
from storage.database import Reader

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


class CitedWork(Struct, frozen=True, kw_only=True):
    """What is cited. `author` is None for who is not named; `address` stays what it is, wherever the post is moved."""

    key: str
    author: str | None
    title: str
    community: str
    posted_at: datetime
    changed_at: datetime | None
    address: str
    number: int | None


class Citation(Struct, frozen=True, kw_only=True):
    """The same citation in three forms; `csl` is one item of CSL-JSON."""

    address: str
    text: str
    bibtex: str
    csl: Mapping[str, object]


async def cite_post(
    tx: Reader, actor: Actor, post_id: PostId, community: str, site: str, today: date
) -> Citation:
    """A post that the actor can see. Of one whose text is gone its place can still be cited."""
    post = await show_post(tx, actor, post_id)
    topic = await show_topic(tx, actor, TopicId(post.topic), "")
    return format_citation(
        CitedWork(
            key=f"tertulia-post-{post.id}",
            author=post.author.display_name if post.author else None,
            title=topic.title,
            community=community,
            posted_at=post.posted_at,
            changed_at=post.edited_at,
            address=f"{site}/p/{post.id}",
            number=post.number,
        ),
        today,
    )


async def cite_topic(
    tx: Reader, actor: Actor, topic_id: TopicId, community: str, site: str, today: date
) -> Citation:
    """A topic that the actor can see, as a whole."""
    topic = await show_topic(tx, actor, topic_id, "")
    return format_citation(
        CitedWork(
            key=f"tertulia-topic-{topic.id}",
            author=topic.author.display_name if topic.author else None,
            title=topic.title,
            community=community,
            posted_at=topic.opened_at,
            changed_at=None,
            address=f"{site}/t/{topic.id}",
            number=None,
        ),
        today,
    )


def format_citation(cited: CitedWork, today: date) -> Citation:
    """A citation as of a day."""
    place = cited.title if cited.number is None else f"{cited.title}, post {cited.number}"
    changed = f" (changed {cited.changed_at:%Y-%m-%d})" if cited.changed_at else ""
    return Citation(
        address=cited.address,
        text=(
            f"{cited.author or 'Anonymous'}, “{place}”, {cited.community}, {cited.posted_at:%Y-%m-%d}{changed}, "
            f"{cited.address} (read {today.isoformat()})."
        ),
        bibtex=_bibtex(cited, place, today),
        csl=_csl(cited, place, today),
    )


def _bibtex(cited: CitedWork, place: str, today: date) -> str:
    fields = {
        "author": f"{{{_escaped(cited.author)}}}" if cited.author else "",
        "title": f"{{{_escaped(place)}}}",
        "howpublished": _escaped(cited.community),
        "year": f"{cited.posted_at:%Y}",
        "month": f"{cited.posted_at.month}",
        "date": f"{cited.posted_at:%Y-%m-%d}",
        "url": cited.address,
        "urldate": today.isoformat(),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{cited.key},\n" + ",\n".join(lines) + "\n}\n"


def _csl(cited: CitedWork, place: str, today: date) -> Mapping[str, object]:
    at = cited.posted_at
    item: dict[str, object] = {
        "id": cited.key,
        "type": "post",
        "title": place,
        "container-title": cited.community,
        "issued": {"date-parts": [[at.year, at.month, at.day]]},
        "accessed": {"date-parts": [[today.year, today.month, today.day]]},
        "URL": cited.address,
    }
    # Names are as people write them: which part is the family's cannot be told.
    return item | ({"author": [{"literal": cited.author}]} if cited.author else {})


def _escaped(text: str) -> str:
    composed = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return "".join(_SPECIAL.get(sign, sign) for sign in composed)
