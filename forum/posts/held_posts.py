"""Held posts: what a moderator looks at first. They have no place in their topic until they are released, and a topic that
begins with one is there for nobody. Their authors see them, change them, and take them back; nothing is lost."""

from collections.abc import Sequence

from asyncpg import Record
from msgspec.structs import replace

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.ids import MemberId, PostId, SectorId, TopicId
from forum.authors import author_of
from forum.drafts.drafts import end_draft
from forum.events import TopicOpened
from forum.files.attachments import attach_files, update_attached_files
from forum.posts.held_insertion import insert_held_posts, release_post, rewrite_held_text
from forum.posts.insertion import NewPost
from forum.posts.shapes_held import HeldPost, HeldPostList
from forum.text.markdown import render
from forum.text.quote_display import embed_quotes_in_html
from forum.text.quotes import expand_quotes, extract_quotes
from storage.database import Reader, Transaction
from storage.statements import statement

MOST = 100

_NOTE = statement("""
INSERT INTO held_posts (post_id, parent_id, opens, why, held_at) VALUES (:post, :parent, :opens, :why, :now)
""")
_HIDE_TOPIC = statement("UPDATE topics SET hidden_at = :now WHERE id = :topic")
_COLUMNS = """
SELECT p.id, p.topic_id, t.title, h.opens, h.parent_id, h.why, coalesce(h.edit_body, p.body) AS body,
    coalesce(h.edit_html, p.html) AS html, h.held_at, p.edited_at, p.version, h.outcome, h.edit_body IS NOT NULL AS is_edit,
    m.id AS member_id, m.handle, m.display_name, t.sector_id
FROM held_posts h JOIN posts p ON p.id = h.post_id JOIN topics t ON t.id = p.topic_id
LEFT JOIN members m ON m.id = coalesce(h.edit_by, p.author_id)
"""
_MINE = statement(f"""
{_COLUMNS} WHERE ((p.author_id = :member AND p.state = 'held') OR h.edit_by = :member)
    AND (CAST(:topic AS bigint) IS NULL OR (p.topic_id = :topic AND h.outcome IS NULL))
ORDER BY p.id DESC LIMIT {MOST}
""")
_ONE = statement(f"{_COLUMNS} WHERE coalesce(h.edit_by, p.author_id) = :member AND p.id = :post")
_ANY = statement(f"{_COLUMNS} WHERE p.id = ANY(CAST(:posts AS bigint[]))")
_HOLD = statement("SELECT h.outcome FROM held_posts h WHERE h.post_id = :post FOR NO KEY UPDATE")
_SETTLE = statement("""
UPDATE held_posts SET outcome = :outcome, settled_at = :now,
    was_approved = was_approved OR coalesce(:outcome, '') = 'approved'
WHERE post_id = :post
""")
_NOTE_EDIT = statement("""
INSERT INTO held_posts (post_id, opens, why, held_at, edit_body, edit_html, edit_by)
VALUES (:post, false, :why, :now, :body, :html, :by)
ON CONFLICT (post_id) DO UPDATE SET why = excluded.why, held_at = excluded.held_at, edit_body = excluded.edit_body,
    edit_html = excluded.edit_html, edit_by = excluded.edit_by, outcome = NULL, settled_at = NULL
""")
_CHANGE_EDIT = statement("UPDATE held_posts SET edit_body = :body, edit_html = :html WHERE post_id = :post")
_DROP_EDIT = statement("""
UPDATE held_posts SET outcome = 'withdrawn', settled_at = :now
WHERE post_id = :post AND edit_by = :member AND outcome IS NULL
""")
_END_EDIT = statement(
    "UPDATE held_posts SET edit_body = NULL, edit_html = NULL, edit_by = NULL WHERE post_id = :post"
)
# The topic before the post, always. What it answers may have gone elsewhere meanwhile, and it goes after it.
_WHERE = statement("""
SELECT coalesce(q.topic_id, p.topic_id) FROM posts p JOIN held_posts h ON h.post_id = p.id
LEFT JOIN posts q ON q.id = h.parent_id AND q.state <> 'held' WHERE p.id = :post
""")
_TAKE_TOPIC = statement("SELECT sector_id FROM topics WHERE id = :topic FOR NO KEY UPDATE")
_SHOW_TOPIC = statement("UPDATE topics SET hidden_at = NULL, opened_at = :now WHERE id = :topic")


class NotHeldAnyMore(Conflict):
    """It was decided about, or taken back."""

    message = "This was decided already. Look at it again."


async def hold_reply(tx: Transaction, actor: Actor, topic_id: TopicId, post: NewPost, why: str) -> HeldPost:
    """Keep a reply until it is released; it remembers what it answers."""
    return await _keep(tx, actor, topic_id, post, why, opens=False)


async def hold_opening(tx: Transaction, actor: Actor, topic_id: TopicId, post: NewPost, why: str) -> HeldPost:
    """Keep the first post of a topic, and with it the topic, which nobody has heard of."""
    await tx.run(_HIDE_TOPIC, topic=topic_id, now=clock.now())
    return await _keep(tx, actor, topic_id, post, why, opens=True)


async def hold_edit(tx: Transaction, actor: Actor, post_id: PostId, text: tuple[str, str], why: str) -> None:
    """Keep another text for a published post, which says what it said until this is let through; a later change takes the
    place of one that waits. `text` is as written, and as shown."""
    body, html = text
    await tx.run(
        _NOTE_EDIT, post=post_id, body=body, html=html, by=actor.signed_in(), why=why, now=clock.now()
    )


async def withdraw_held_edit(tx: Transaction, actor: Actor, post_id: PostId) -> None:
    """Take one's own held change back, if there is one, because a newer one of one's own is published."""
    await tx.run(_DROP_EDIT, post=post_id, member=actor.id, now=clock.now())


async def close_published_edit(tx: Transaction, post_id: PostId) -> None:
    """Say that a held change is the post's text now."""
    await close_held_post(tx, post_id, "approved")
    await tx.run(_END_EDIT, post=post_id)


async def read_own_held_posts(tx: Reader, actor: Actor, topic_id: TopicId | None = None) -> HeldPostList:
    """What of one's posts waits for a moderator or was not published; of one topic what waits."""
    rows = await tx.rows(_MINE, member=actor.signed_in(), topic=topic_id)
    return HeldPostList(await _shown(tx, rows))


async def get_own_held_post(tx: Reader, actor: Actor, post_id: int) -> HeldPost:
    """One of one's own posts that is or was held, with its text as it is edited."""
    row = await tx.row(_ONE, member=actor.signed_in(), post=post_id)
    if row is None:
        raise NotFound
    (shown,) = await _shown(tx, [row])
    return replace(shown, body=await expand_quotes(tx, actor, shown.body))


async def find_held_posts(tx: Reader, ids: Sequence[int]) -> dict[int, HeldPost]:
    """Posts that are or were held, for whoever may judge them. No rule is asked."""
    rows = await tx.rows(_ANY, posts=list(ids))
    return {one.id: one for one in await _shown(tx, rows)}


async def edit_own_held_post(tx: Transaction, actor: Actor, post_id: int, body: str) -> HeldPost:
    """Give one's own held post another text; what it said before is kept."""
    held = await get_own_held_post(tx, actor, post_id)
    await ensure_pending(tx, post_id)
    body = await extract_quotes(tx, actor, body)
    await rewrite_held_post(tx, held, body, actor)
    return await get_own_held_post(tx, actor, post_id)


async def withdraw_own_held_post(tx: Transaction, actor: Actor, post_id: int) -> HeldPost:
    """Take one's own held post back before anybody decides; as often as one likes. Its text stays one's own."""
    held = await get_own_held_post(tx, actor, post_id)
    if held.outcome != "withdrawn":
        await ensure_pending(tx, post_id)
        await close_held_post(tx, post_id, "withdrawn")
    return await get_own_held_post(tx, actor, post_id)


async def ensure_pending(tx: Transaction, post_id: int) -> None:
    """It waits for a decision, and does so until this transaction ends."""
    row = await tx.row(_HOLD, post=post_id)
    if row is None or row["outcome"] is not None:
        raise NotHeldAnyMore


async def close_held_post(tx: Transaction, post_id: int, outcome: str | None) -> None:
    """Write what became of a held post; without an outcome it waits again. No rule is asked."""
    await tx.run(_SETTLE, post=post_id, outcome=outcome, now=clock.now() if outcome else None)


async def rewrite_held_post(tx: Transaction, held: HeldPost, body: str, actor: Actor) -> None:
    """Give a held post another text. No rule is asked."""
    html = render(body, topic=held.topic, site=tx.site).html
    if held.is_edit:
        await tx.run(_CHANGE_EDIT, post=held.id, body=body, html=html)
        return
    await rewrite_held_text(tx, PostId(held.id), body, html, clock.now())
    await update_attached_files(tx, actor.id, held.id, held.html, html)


async def release_held_post(tx: Transaction, post_id: PostId) -> None:
    """Publish a held post as if it had arrived now: after what it answers, or at the end of its topic; a topic that begins
    with it is opened. No rule is asked."""
    held = (await find_held_posts(tx, [post_id]))[post_id]
    topic_id, now = TopicId(await tx.value(_WHERE, post=post_id)), clock.now()
    sector_id = await tx.value(_TAKE_TOPIC, topic=topic_id)
    if held.opens:
        await tx.run(_SHOW_TOPIC, topic=topic_id, now=now)
        await tx.record(TopicOpened(sector_id=SectorId(sector_id), topic_id=topic_id))
    if not await release_post(tx, topic_id, post_id, now):
        raise NotHeldAnyMore
    await close_held_post(tx, post_id, "approved")


async def _keep(
    tx: Transaction, actor: Actor, topic_id: TopicId, post: NewPost, why: str, opens: bool
) -> HeldPost:
    (post_id,) = await insert_held_posts(tx, topic_id, [post])
    await tx.run(_NOTE, post=post_id, parent=post.parent_id, opens=opens, why=why, now=clock.now())
    await attach_files(tx, actor.id, post_id, post.html)
    await end_draft(tx, MemberId(actor.signed_in()), post.draft)
    return await get_own_held_post(tx, actor, post_id)


async def _shown(tx: Reader, rows: Sequence[Record]) -> list[HeldPost]:
    texts = [(TopicId(row["topic_id"]), row["html"]) for row in rows]
    filled = await embed_quotes_in_html(tx, texts) if texts else []
    return [_held(row, html) for row, html in zip(rows, filled or [html for _, html in texts], strict=True)]


def _held(row: Record, html: str) -> HeldPost:
    return HeldPost(
        id=row["id"],
        topic=row["topic_id"],
        title=row["title"],
        opens=row["opens"],
        is_edit=row["is_edit"],
        parent=row["parent_id"],
        author=author_of(row["member_id"], row["handle"], row["display_name"], None),
        why=row["why"],
        body=row["body"],
        html=html,
        held_at=row["held_at"],
        edited_at=row["edited_at"],
        version=row["version"],
        outcome=row["outcome"],
    )
