"""Held posts and held edits, which wait for a moderator's approval.

A held post is not part of its topic until it is released, and a topic whose first post is held stays hidden. Authors can
read, edit and withdraw their own held posts.
"""

from collections.abc import Sequence

from asyncpg import Record
from msgspec.structs import replace
from sqlalchemy import ARRAY, BigInteger, and_, any_, bindparam, case, func, or_, select

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.ids import MemberId, PostId, SectorId, TopicId
from core.languages.names import local
from core.languages.texts import gettext, translatable
from forum.authors import author_of
from forum.drafts.drafts import end_draft
from forum.events import TopicOpened
from forum.files.attachments import attach_files, update_attached_files
from forum.posts.held_insertion import insert_held_posts, release_post, rewrite_held_text
from forum.posts.insertion import NewPost
from forum.posts.shapes_held import HeldChange, HeldPost, HeldPostList
from forum.posts.text_language import ensure_known
from forum.tables import held_posts, posts, topics
from forum.text.quote_display import embed_quotes_in_html
from forum.text.quotes import expand_quotes, extract_quotes
from forum.text.rendering import render_post
from members.tables import members
from storage.database import Reader, Transaction
from storage.statements import statement

MOST_HELD_POSTS = 100

_INSERT_HELD_RECORD = statement("""
INSERT INTO held_posts (post_id, parent_id, opens, why, held_at) VALUES (:post, :parent, :opens, :why, :now)
""")
_HIDE_HELD_TOPIC = statement("UPDATE topics SET hidden_at = :now WHERE id = :topic")
_author_id = func.coalesce(held_posts.c.edit_by, posts.c.author_id)
_held = (
    select(
        *posts.c[("id", "topic_id", "edited_at", "version")],
        topics.c.title,
        topics.c.titles,
        *held_posts.c[("opens", "parent_id", "why", "held_at", "outcome")],
        func.coalesce(held_posts.c.edit_body, posts.c.body).label("body"),
        func.coalesce(held_posts.c.edit_html, posts.c.html).label("html"),
        held_posts.c.edit_body.is_not(None).label("is_edit"),
        case(
            (held_posts.c.edit_body.is_not(None), held_posts.c.edit_language),
            (posts.c.language_by == "author", posts.c.language),
        ).label("language"),
        members.c.id.label("member_id"),
        members.c.handle,
        members.c.display_name,
        members.c.picture,
    )
    .select_from(held_posts)
    .join(posts, posts.c.id == held_posts.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(members, members.c.id == _author_id)
)
_member = bindparam("member", type_=BigInteger)
_topic = bindparam("topic", type_=BigInteger)
_SELECT_OWN_HELD_POSTS = statement(
    _held.where(
        or_(and_(posts.c.author_id == _member, posts.c.state == "held"), held_posts.c.edit_by == _member),
        or_(_topic.is_(None), and_(posts.c.topic_id == _topic, held_posts.c.outcome.is_(None))),
    )
    .order_by(posts.c.id.desc())
    .limit(MOST_HELD_POSTS)
)
_SELECT_OWN_HELD_POST = statement(
    _held.where(_author_id == _member, posts.c.id == bindparam("post", type_=BigInteger))
)
_SELECT_HELD_POSTS = statement(_held.where(posts.c.id == any_(bindparam("posts", type_=ARRAY(BigInteger)))))
_LOCK_HELD_RECORD = statement("SELECT h.outcome FROM held_posts h WHERE h.post_id = :post FOR NO KEY UPDATE")
_UPDATE_HELD_OUTCOME = statement("""
UPDATE held_posts SET outcome = :outcome, settled_at = :now,
    was_approved = was_approved OR coalesce(:outcome, '') = 'approved'
WHERE post_id = :post
""")
_UPSERT_HELD_EDIT = statement("""
INSERT INTO held_posts (post_id, opens, why, held_at, edit_body, edit_html, edit_language, edit_by)
VALUES (:post, false, :why, :now, :body, :html, :language, :by)
ON CONFLICT (post_id) DO UPDATE SET why = excluded.why, held_at = excluded.held_at, edit_body = excluded.edit_body,
    edit_html = excluded.edit_html, edit_language = excluded.edit_language,
    edit_by = excluded.edit_by, outcome = NULL, settled_at = NULL
""")
_UPDATE_HELD_EDIT = statement("""
UPDATE held_posts SET edit_body = :body, edit_html = :html, edit_language = coalesce(:language, edit_language)
WHERE post_id = :post
""")
_WITHDRAW_HELD_EDIT = statement("""
UPDATE held_posts SET outcome = 'withdrawn', settled_at = :now
WHERE post_id = :post AND edit_by = :member AND outcome IS NULL
""")
_CLEAR_HELD_EDIT = statement("""
UPDATE held_posts SET edit_body = NULL, edit_html = NULL, edit_language = NULL, edit_by = NULL WHERE post_id = :post
""")
# The parent may have been moved to another topic meanwhile; the held post follows it.
_SELECT_RELEASE_TOPIC = statement("""
SELECT coalesce(q.topic_id, p.topic_id) FROM posts p JOIN held_posts h ON h.post_id = p.id
LEFT JOIN posts q ON q.id = h.parent_id AND q.state <> 'held' WHERE p.id = :post
""")
# The topic is always locked before the post, to prevent deadlocks.
_LOCK_RELEASE_TOPIC = statement("SELECT sector_id FROM topics WHERE id = :topic FOR NO KEY UPDATE")
_OPEN_HIDDEN_TOPIC = statement("UPDATE topics SET hidden_at = NULL, opened_at = :now WHERE id = :topic")


class NotHeldAnyMore(Conflict):
    """The held post was decided on or withdrawn in the meantime."""

    message = translatable("This has already been decided. Reload the page to see the decision.")


async def hold_reply(tx: Transaction, actor: Actor, topic_id: TopicId, post: NewPost, why: str) -> HeldPost:
    """Insert a reply as a held post and return it; `why` is the explanation for its author."""
    return await _hold(tx, actor, topic_id, post, why, opens=False)


async def hold_first_post(
    tx: Transaction, actor: Actor, topic_id: TopicId, post: NewPost, why: str
) -> HeldPost:
    """Insert the first post of a new topic as a held post, hide the topic, and return the held post."""
    await tx.run(_HIDE_HELD_TOPIC, topic=topic_id, now=clock.now())
    return await _hold(tx, actor, topic_id, post, why, opens=True)


async def hold_edit(
    tx: Transaction, actor: Actor, post_id: PostId, text: tuple[str, str], language: str | None, why: str
) -> None:
    """Store a new text for a published post as a held edit, replacing one that is still waiting.

    The post keeps its published text until the edit is approved. `text` is the pair of Markdown and HTML, and `language`
    the one that was chosen for it. Raise UnknownLanguage.
    """
    if language is not None:
        ensure_known(language)
    facts = {"body": text[0], "html": text[1], "language": language, "by": actor.signed_in()}
    await tx.run(_UPSERT_HELD_EDIT, post=post_id, why=why, now=clock.now(), **facts)


async def withdraw_held_edit(tx: Transaction, actor: Actor, post_id: PostId) -> None:
    """Withdraw the actor's held edit of the post, if there is one, because a newer edit is being published."""
    await tx.run(_WITHDRAW_HELD_EDIT, post=post_id, member=actor.id, now=clock.now())


async def close_published_edit(tx: Transaction, post_id: PostId) -> None:
    """Mark the held edit of the post as approved and remove its stored text."""
    await close_held_post(tx, post_id, "approved")
    await tx.run(_CLEAR_HELD_EDIT, post=post_id)


async def read_own_held_posts(tx: Reader, actor: Actor, topic_id: TopicId | None = None) -> HeldPostList:
    """Return the actor's latest 100 held posts and edits, also rejected ones; for one topic, only those still waiting."""
    rows = await tx.rows(_SELECT_OWN_HELD_POSTS, member=actor.signed_in(), topic=topic_id)
    return HeldPostList(await _shown(tx, rows))


async def get_own_held_post(tx: Reader, actor: Actor, post_id: int) -> HeldPost:
    """Return one of the actor's own posts that is or was held, with its source text for editing; raise NotFound."""
    row = await tx.row(_SELECT_OWN_HELD_POST, member=actor.signed_in(), post=post_id)
    if row is None:
        raise NotFound
    (shown,) = await _shown(tx, [row])
    return replace(shown, body=await expand_quotes(tx, actor, shown.body))


async def find_held_posts(tx: Reader, ids: Sequence[int]) -> dict[int, HeldPost]:
    """Return the posts among these ids that are or were held, by id; the caller checks permissions."""
    rows = await tx.rows(_SELECT_HELD_POSTS, posts=list(ids))
    return {held.id: held for held in await _shown(tx, rows)}


async def edit_own_held_post(tx: Transaction, actor: Actor, post_id: int, change: HeldChange) -> HeldPost:
    """Replace the text of the actor's own held post and return it; raise NotFound, NotHeldAnyMore or UnknownLanguage."""
    held = await get_own_held_post(tx, actor, post_id)
    await ensure_pending(tx, post_id)
    body = await extract_quotes(tx, actor, change.body)
    await rewrite_held_post(tx, held, body, actor, change.language)
    return await get_own_held_post(tx, actor, post_id)


async def withdraw_own_held_post(tx: Transaction, actor: Actor, post_id: int) -> HeldPost:
    """Withdraw the actor's own held post before a decision and return it; raise NotFound or NotHeldAnyMore.

    Withdrawing it again changes nothing. The author can still read the text.
    """
    held = await get_own_held_post(tx, actor, post_id)
    if held.outcome != "withdrawn":
        await ensure_pending(tx, post_id)
        await close_held_post(tx, post_id, "withdrawn")
    return await get_own_held_post(tx, actor, post_id)


async def ensure_pending(tx: Transaction, post_id: int) -> None:
    """Lock the held post until the transaction ends; raise NotHeldAnyMore if it no longer waits for a decision."""
    row = await tx.row(_LOCK_HELD_RECORD, post=post_id)
    if row is None or row["outcome"] is not None:
        raise NotHeldAnyMore


async def close_held_post(tx: Transaction, post_id: int, outcome: str | None) -> None:
    """Store the outcome of a held post; with None it waits for a decision again. The caller checks permissions."""
    await tx.run(_UPDATE_HELD_OUTCOME, post=post_id, outcome=outcome, now=clock.now() if outcome else None)


async def rewrite_held_post(
    tx: Transaction, held: HeldPost, body: str, actor: Actor, language: str | None = None
) -> None:
    """Replace the text of a held post or held edit; without a language, one that was chosen stays. The caller checks
    permissions. Raise UnknownLanguage."""
    if language is not None:
        ensure_known(language)
    html = (await render_post(tx, body, topic=held.topic, site=tx.site)).html
    if held.is_edit:
        await tx.run(_UPDATE_HELD_EDIT, post=held.id, body=body, html=html, language=language)
        return
    await rewrite_held_text(tx, PostId(held.id), body, html, clock.now(), language)
    await update_attached_files(tx, actor.id, held.id, held.html, html)


async def release_held_post(tx: Transaction, post_id: PostId) -> None:
    """Publish a held post as the last reply to its parent, and open the topic if this is its first post.

    The caller checks permissions. Raise NotHeldAnyMore if the post is not held.
    """
    held = (await find_held_posts(tx, [post_id]))[post_id]
    topic_id, now = TopicId(await tx.value(_SELECT_RELEASE_TOPIC, post=post_id)), clock.now()
    sector_id = await tx.value(_LOCK_RELEASE_TOPIC, topic=topic_id)
    if held.opens:
        await tx.run(_OPEN_HIDDEN_TOPIC, topic=topic_id, now=now)
        await tx.record(TopicOpened(sector_id=SectorId(sector_id), topic_id=topic_id))
    if not await release_post(tx, topic_id, post_id, now):
        raise NotHeldAnyMore
    await close_held_post(tx, post_id, "approved")


async def _hold(
    tx: Transaction, actor: Actor, topic_id: TopicId, post: NewPost, why: str, opens: bool
) -> HeldPost:
    (post_id,) = await insert_held_posts(tx, topic_id, [post])
    await tx.run(
        _INSERT_HELD_RECORD, post=post_id, parent=post.parent_id, opens=opens, why=why, now=clock.now()
    )
    await attach_files(tx, actor.id, post_id, post.html)
    await end_draft(tx, MemberId(actor.signed_in()), post.draft)
    return await get_own_held_post(tx, actor, post_id)


async def _shown(tx: Reader, rows: Sequence[Record]) -> list[HeldPost]:
    texts = [(TopicId(row["topic_id"]), row["html"]) for row in rows]
    filled = await embed_quotes_in_html(tx, texts) if texts else []
    return [
        _held_post_of(row, html)
        for row, html in zip(rows, filled or [html for _, html in texts], strict=True)
    ]


def _held_post_of(row: Record, html: str) -> HeldPost:
    return HeldPost(
        id=row["id"],
        topic=row["topic_id"],
        title=local(row["title"], row["titles"]),
        opens=row["opens"],
        is_edit=row["is_edit"],
        parent=row["parent_id"],
        author=author_of(row["member_id"], row["handle"], row["display_name"], None, row["picture"]),
        # A sentence of ours, unless moderators wrote their own.
        why=gettext(row["why"]),
        body=row["body"],
        html=html,
        language=row["language"],
        held_at=row["held_at"],
        edited_at=row["edited_at"],
        version=row["version"],
        outcome=row["outcome"],
    )
