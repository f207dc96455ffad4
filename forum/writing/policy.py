"""The rules for reactions and for the language of posts."""

from datetime import datetime

from core.actor import Actor
from core.errors import Denied
from core.languages.texts import translatable
from forum.policy import NotYours, PostFacts, PostHidden, PostWithdrawn, TopicFacts, is_moderator


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


def ensure_can_set_language(actor: Actor, topic: TopicFacts, post: PostFacts, now: datetime) -> None:
    """The author and moderators of the sector say in which language a published post is, also in locked topics, because the
    text does not change; raise NotYours, PostHidden or PostWithdrawn."""
    actor.may_write(now, topic.sector_id)
    if not post.is_own and not is_moderator(actor, topic):
        raise NotYours
    if post.state != "published":
        raise PostHidden if post.state == "hidden" else PostWithdrawn
