"""Screening: what is written is looked at before it is published, by rules that are above all that is known here."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256
from typing import Literal

from msgspec import Struct

from core.actor import Actor
from core.ids import PostId, SectorId, TopicId
from forum.policy import TopicFacts
from storage.database import Reader, Transaction
from storage.idempotency import IdempotentRequest
from storage.statements import statement

_FIRST = statement("SELECT id FROM posts WHERE topic_id = :topic AND number = 1 AND state = 'published'")


class TextBeforeEdit(Struct, frozen=True, kw_only=True):
    """What a post said before somebody edits it."""

    post_id: PostId
    body: str
    html: str
    posted_at: datetime


class TextToScreen(Struct, frozen=True, kw_only=True):
    """What somebody is about to publish, and where: in a topic, or as one in a sector. `attempt` is the same however often
    it is sent."""

    kind: Literal["post", "topic", "edit", "question", "notice", "title", "entry"]
    sector_id: SectorId
    topic_id: TopicId | None = None
    title: str = ""
    body: str
    html: str
    is_unnamed: bool = False
    attempt: str | None = None
    before: TextBeforeEdit | None = None


class ScreeningVerdict(Struct, frozen=True):
    """That something was caught: whether it is held, what its author is told, and what is to be done in the transaction that
    writes it."""

    holds: bool
    why: str
    keep: Callable[[Transaction, PostId], Awaitable[None]]
    # The same where others than moderators let it through: it is written down, and opens no case.
    note: Callable[[Transaction, PostId], Awaitable[None]]
    # Where nothing can be held: what was caught is out, and moderators look at it.
    report: Callable[[Transaction, PostId], Awaitable[None]]


def attempt_id(idempotent: IdempotentRequest) -> str | None:
    """What stands for one request, however often it is sent, and does not say whose it is."""
    return (
        None
        if idempotent.key is None
        else sha256(f"{idempotent.scope} {idempotent.key}".encode()).hexdigest()
    )


# Inside a transaction it looks through that, so that nobody waits for a second connection while holding one.
Screen = Callable[[Actor, TextToScreen, Reader | None], Awaitable[ScreeningVerdict | None]]


async def screen_nothing(
    actor: Actor, written: TextToScreen, tx: Reader | None = None
) -> ScreeningVerdict | None:
    """Where nobody screens."""
    return None


async def report_title(tx: Transaction, actor: Actor, topic: TopicFacts, title: str, screen: Screen) -> None:
    """Have a topic's new title looked at: what is caught is reported with its first post."""
    written = TextToScreen(kind="title", sector_id=topic.sector_id, topic_id=topic.id, body=title, html="")
    post_id = await tx.value(_FIRST, topic=topic.id)
    if post_id is not None:
        await report_matches(tx, actor, written, PostId(post_id), screen)


async def note_matches(
    tx: Transaction, actor: Actor, written: TextToScreen, post_id: PostId, screen: Screen
) -> None:
    """Have looked at the new text of what waits anyway: whoever decides about it sees what was found."""
    verdict = await screen(actor, written, tx)
    if verdict is not None:
        await verdict.note(tx, post_id)


async def report_matches(
    tx: Transaction, actor: Actor, written: TextToScreen, post_id: PostId, screen: Screen
) -> None:
    """Have looked at what is out whatever rules say: what is caught is reported with a post."""
    verdict = await screen(actor, written, tx)
    if verdict is not None:
        await verdict.report(tx, post_id)
