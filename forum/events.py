"""What happens in written talk."""

from core.events import Event


class TopicOpened(Event, frozen=True, kw_only=True, tag="topic_opened"):
    """A topic was started in a sector."""

    sector_id: int
    topic_id: int

    @property
    def channel(self) -> str:
        return f"sector:{self.sector_id}"


class TopicMoved(Event, frozen=True, kw_only=True, tag="topic_changed_in_sector"):
    """Title, tags or state of a topic changed: what the sector's list shows of it."""

    sector_id: int
    topic_id: int

    @property
    def channel(self) -> str:
        return f"sector:{self.sector_id}"


class _InTopic(Event, frozen=True, kw_only=True):
    topic_id: int

    @property
    def channel(self) -> str:
        return f"topic:{self.topic_id}"


class TopicChanged(_InTopic, frozen=True, kw_only=True, tag="topic_changed"):
    """Title, tags or state changed: the topic itself is shown anew."""


class ReadersChanged(_InTopic, frozen=True, kw_only=True, tag="readers_changed"):
    """Others may read the topic than before: all who listen to it are asked again."""


class _OnPost(_InTopic, frozen=True, kw_only=True):
    post_id: int


class ReplyPosted(_OnPost, frozen=True, kw_only=True, tag="reply_posted"):
    """A post arrived; its number is the next one."""

    number: int


class PostEdited(_OnPost, frozen=True, kw_only=True, tag="post_edited"):
    """A post says something else now."""


class PostWithdrawn(_OnPost, frozen=True, kw_only=True, tag="post_withdrawn"):
    """Its author took a post back."""


class PostRestored(_OnPost, frozen=True, kw_only=True, tag="post_restored"):
    """Its author brought a post back."""


class PostHidden(_OnPost, frozen=True, kw_only=True, tag="post_hidden"):
    """A moderator's decision took a post's text from its readers."""


class PostUnhidden(_OnPost, frozen=True, kw_only=True, tag="post_unhidden"):
    """That decision was reversed: the post is there again."""


class ReactionsChanged(_OnPost, frozen=True, kw_only=True, tag="reactions_changed"):
    """The reactions to a post were counted anew."""
