"""A discussion with its moderator, and functions that hide and quote its posts."""

from typing import Any

from core.ids import PostId, TopicId
from forum.posts.hiding import hide_post, unhide_post
from forum.text.quote_source import format_quote
from tests.support.moderation.hidden_posts import give_reason
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

CANARY = "pteranodon"
SAID = f"The {CANARY} list is *wrong*.\n\nIt leaves out refiners."


async def a_moderator(app: Service, *sectors: str) -> Person:
    return await a_person(app, "Fatou", duties=[("moderator", sector) for sector in sectors or ("mobility",)])


async def a_discussion(amina: Person, jonas: Person) -> tuple[int, dict[str, int]]:
    """Create a topic (post #1) with the replies #2 and #3; #4 replies to #2, and #5 to #4."""
    topic = (await a_topic(amina))["id"]
    second = (await a_reply(jonas, topic, "second"))["id"]
    third = (await a_reply(amina, topic, "third"))["id"]
    fourth = (await a_reply(amina, topic, "fourth", parent=second))["id"]
    fifth = (await a_reply(jonas, topic, "fifth", parent=fourth))["id"]
    return topic, {"second": second, "third": third, "fourth": fourth, "fifth": fifth}


def quoting(post: dict[str, Any], words: str, then: str = "I doubt it.") -> str:
    """Return a text that quotes a post."""
    return format_quote(post["id"], post["number"], post["author"]["display_name"], words) + then


async def hide(app: Service, post: dict[str, Any], hidden: bool = True) -> None:
    """Hide a post, or show it again, and run the jobs that follow."""
    if hidden:
        await give_reason(app.db, post["id"])
    async with app.db.begin() as tx:
        assert await (hide_post if hidden else unhide_post)(tx, TopicId(post["topic"]), PostId(post["id"]))

    await app.run_jobs()
