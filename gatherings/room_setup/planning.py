"""Planning rooms: each gets a topic in the gathering's sector, which keeps what is written in the room."""

from collections.abc import Collection

from msgspec.structs import replace
from sqlalchemy import bindparam, insert, select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import GatheringId, RoomId
from core.languages.texts import current_language
from core.text import tidy
from forum.posts.insertion import NewPost, insert_posts
from forum.text.prepared_posts import ROOM_BEGINS
from forum.text.rendering import render_post
from forum.topics.topics import insert_topic
from gatherings.events import RoomPlanned
from gatherings.notices.default_columns import insert_default_columns
from gatherings.policy import GatheringCancelled, ensure_hosts
from gatherings.room_setup.settings import insert_room_rules
from gatherings.rooms.rooms import show_room
from gatherings.shapes.rooms import NewRoom, Room
from gatherings.tables import gatherings, rooms
from storage.database import Transaction
from storage.statements import statement

LOCK_GATHERING_FOR_ROOM = statement(
    select(gatherings.c.sector_id, gatherings.c.title, gatherings.c.state)
    .where(gatherings.c.id == bindparam("id"))
    .with_for_update(read=True, of=gatherings)
)
INSERT_ROOM = statement(
    insert(rooms)
    .values({name: bindparam(name) for name in ("gathering_id", "topic_id", "title", "modules")})
    .returning(rooms.c.id)
)


async def plan_room(
    tx: Transaction, actor: Actor, gathering_id: GatheringId, new: NewRoom, committees: Collection[str]
) -> Room:
    """Plan a room with its topic in the gathering's sector, and return it; the topic begins with the host's text.

    `committees` are the slugs of the community's committees. Raises NotFound, NotHost, GatheringCancelled or UnknownBody.
    """
    gathering = await tx.row(LOCK_GATHERING_FOR_ROOM, id=gathering_id)
    if gathering is None:
        raise NotFound
    now = clock.now()
    ensure_hosts(actor, gathering_id, now)
    if gathering["state"] == "cancelled":
        raise GatheringCancelled

    title, author = tidy(new.title), actor.signed_in()
    topic_id = await insert_topic(
        tx, sector_id=gathering["sector_id"], title=title, kind="room", author_id=author, tags=[], now=now
    )
    # The prepared text is stored in English, and readers see it in their language.
    body = new.body or ROOM_BEGINS % {"room": title, "event": gathering["title"]}
    html = (await render_post(tx, body, topic=topic_id, site=tx.site)).html
    post = NewPost(author_id=author, body=body, html=html, posted_at=now)
    if new.body is None:
        # The title, which is the host's, has the language of the first post.
        post = replace(post, language=current_language().tag, language_by="author")
    await insert_posts(tx, topic_id, [post], now)
    modules = sorted(set(new.modules))
    binds = {"gathering_id": gathering_id, "topic_id": topic_id, "title": title, "modules": modules}
    room_id = RoomId(await tx.value(INSERT_ROOM, **binds))
    await insert_room_rules(tx, actor, room_id, new.rules, committees)
    if "board" in modules:
        await insert_default_columns(tx, room_id)
    await tx.record(RoomPlanned(gathering_id=gathering_id, room_id=room_id))
    return await show_room(tx, actor, room_id)
