"""The rule for reactions."""

from datetime import datetime

from core.actor import Actor
from core.errors import Denied
from core.languages.texts import translatable
from forum.policy import PostFacts, PostWithdrawn, TopicFacts


class ReactionToOwnPost(Denied):
    """Authors cannot react to their own posts: a reaction says what others think of a post."""

    message = translatable("You wrote this post, so you cannot react to it. Nothing was changed.")


def ensure_can_react(
    actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime, wanted: bool = True
) -> None:
    """Members react to published posts of others, also in locked topics, and unset any reaction of theirs; raise
    PostWithdrawn or ReactionToOwnPost."""
    actor.may_write(now, topic.sector_id)
    if post.state != "published":
        raise PostWithdrawn
    if post.is_own and wanted:
        raise ReactionToOwnPost
