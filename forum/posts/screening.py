"""Screening: the interface through which the moderation rules check a text before it is published."""

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

_SELECT_FIRST_POST = statement(
    "SELECT id FROM posts WHERE topic_id = :topic AND number = 1 AND state = 'published'"
)


class TextBeforeEdit(Struct, frozen=True, kw_only=True):
    """The text of a post before an edit."""

    post_id: PostId
    body: str
    html: str
    posted_at: datetime


class TextToScreen(Struct, frozen=True, kw_only=True):
    """A text that is about to be published, and where: in a topic, or as a new topic of a sector.

    `attempt` identifies the request and is the same for each retry.
    """

    kind: Literal["post", "topic", "edit", "question", "notice", "title", "entry", "word"]
    sector_id: SectorId
    topic_id: TopicId | None = None
    title: str = ""
    body: str
    html: str
    is_unnamed: bool = False
    attempt: str | None = None
    before: TextBeforeEdit | None = None


class ScreeningVerdict(Struct, frozen=True):
    """The result when a rule matched: whether the text is held, the explanation for its author, and three functions that
    record the match. Call the one that fits in the transaction that writes the post."""

    holds: bool
    why: str
    keep: Callable[[Transaction, PostId], Awaitable[None]]
    # Record the match without opening a case: for texts that people other than moderators approve.
    note: Callable[[Transaction, PostId], Awaitable[None]]
    # Record the match of a text that is published anyway, and open a case for the moderators.
    report: Callable[[Transaction, PostId], Awaitable[None]]


def attempt_id(idempotent: IdempotentRequest) -> str | None:
    """Return a digest that identifies a request across retries without revealing the member, or None without a key."""
    return (
        None
        if idempotent.key is None
        else sha256(f"{idempotent.scope} {idempotent.key}".encode()).hexdigest()
    )


# The third argument is the transaction of the caller, if there is one: a rule that needs the database reads through it,
# because waiting for a second connection while holding one could exhaust the pool.
Screen = Callable[[Actor, TextToScreen, Reader | None], Awaitable[ScreeningVerdict | None]]


async def screen_nothing(
    actor: Actor, written: TextToScreen, tx: Reader | None = None
) -> ScreeningVerdict | None:
    """Return None: the screen to use when there are no rules."""
    return None


async def report_title(tx: Transaction, actor: Actor, topic: TopicFacts, title: str, screen: Screen) -> None:
    """Screen the new title and tags of a topic, one a line; a match is reported with the topic's first post."""
    written = TextToScreen(kind="title", sector_id=topic.sector_id, topic_id=topic.id, body=title, html="")
    post_id = await find_first_post(tx, topic.id)
    if post_id is not None:
        await report_matches(tx, actor, written, post_id, screen)


async def find_first_post(tx: Reader, topic_id: TopicId) -> PostId | None:
    """Return the first post of a topic, which stands for the words about it; None if it is not published."""
    found: PostId | None = await tx.value(_SELECT_FIRST_POST, topic=topic_id)
    return found


async def note_matches(
    tx: Transaction, actor: Actor, written: TextToScreen, post_id: PostId, screen: Screen
) -> None:
    """Screen the new text of a post that already waits for approval, and note a match for the people who decide."""
    verdict = await screen(actor, written, tx)
    if verdict is not None:
        await verdict.note(tx, post_id)


async def report_matches(
    tx: Transaction, actor: Actor, written: TextToScreen, post_id: PostId, screen: Screen
) -> None:
    """Screen a text that is published in any case, and report a match with its post."""
    verdict = await screen(actor, written, tx)
    if verdict is not None:
        await verdict.report(tx, post_id)
