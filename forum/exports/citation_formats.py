"""Citations of posts and topics as plain text, BibTeX and CSL-JSON (citationstyles.org 1.0.2)."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from core.actor import Actor
from core.ids import PostId, TopicId
from core.languages.moments import day_for_reader
from core.languages.texts import gettext
from core.text import normalize
from forum.posts.post_pages import show_post
from forum.topics.topics import show_topic
from storage.database import Reader

_LATEX_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


class CitedWork(Struct, frozen=True, kw_only=True):
    """A post or topic to cite; `author` is None if anonymous, `address` is a URL that stays valid if the post is moved."""

    key: str
    author: str | None
    title: str
    community: str
    posted_at: datetime
    changed_at: datetime | None
    address: str
    number: int | None


class Citation(Struct, frozen=True, kw_only=True):
    """A citation in three formats; `csl` is one item of CSL-JSON."""

    address: str
    text: str
    bibtex: str
    csl: Mapping[str, object]


async def cite_post(
    tx: Reader, actor: Actor, post_id: PostId, community: str, site: str, today: date
) -> Citation:
    """Return the citation of a post, even if its text is hidden or withdrawn; raise NotFound if the topic is not visible."""
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
    """Return the citation of a whole topic; raise NotFound if the actor cannot see it."""
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
    """Return the citation of a work that was read on the day `today`."""
    title = cited.title
    if cited.number is not None:
        # NOTE: The title of a topic and the number of a post in it, in a citation.
        title = gettext("%(title)s, post %(number)s", title=cited.title, number=cited.number)
    return Citation(
        address=cited.address,
        text=_in_words(cited, title, today),
        bibtex=_to_bibtex(cited, title, today),
        csl=_to_csl(cited, title, today),
    )


def _in_words(cited: CitedWork, title: str, today: date) -> str:
    facts = {
        "author": cited.author or gettext("Anonymous"),
        "title": title,
        "community": cited.community,
        "date": day_for_reader(cited.posted_at),
        "address": cited.address,
        "today": day_for_reader(today),
    }
    if cited.changed_at is None:
        # NOTE: A citation; the address is that of the page, and `today` the day on which somebody read it.
        return gettext(
            "%(author)s, “%(title)s”, %(community)s, %(date)s, %(address)s (read %(today)s).", **facts
        )
    # NOTE: A citation of a text that was changed on a later day.
    return gettext(
        "%(author)s, “%(title)s”, %(community)s, %(date)s (changed %(changed)s), %(address)s (read %(today)s).",
        changed=day_for_reader(cited.changed_at),
        **facts,
    )


def _to_bibtex(cited: CitedWork, title: str, today: date) -> str:
    fields = {
        "author": f"{{{_escape_latex(cited.author)}}}" if cited.author else "",
        "title": f"{{{_escape_latex(title)}}}",
        "howpublished": _escape_latex(cited.community),
        "year": f"{cited.posted_at:%Y}",
        "month": f"{cited.posted_at.month}",
        "date": f"{cited.posted_at:%Y-%m-%d}",
        "url": cited.address,
        "urldate": today.isoformat(),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{cited.key},\n" + ",\n".join(lines) + "\n}\n"


def _to_csl(cited: CitedWork, title: str, today: date) -> Mapping[str, object]:
    at = cited.posted_at
    item: dict[str, object] = {
        "id": cited.key,
        "type": "post",
        "title": title,
        "container-title": cited.community,
        "issued": {"date-parts": [[at.year, at.month, at.day]]},
        "accessed": {"date-parts": [[today.year, today.month, today.day]]},
        "URL": cited.address,
    }
    # Display names are free text, so the family name is unknown; CSL calls such a name literal.
    return item | ({"author": [{"literal": cited.author}]} if cited.author else {})


def _escape_latex(text: str) -> str:
    normalized = re.sub(r"\s+", " ", normalize("NFC", text))
    return "".join(_LATEX_ESCAPES.get(character, character) for character in normalized)
