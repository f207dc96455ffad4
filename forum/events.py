"""What happens in written talk."""

from core.events import Event


class TopicOpened(Event, frozen=True, kw_only=True, tag="topic_opened"):
    """A topic was started in a sector."""

    sector_id: int
    topic_id: int

    @property
    def channel(self) -> str:
        return f"sector:{self.sector_id}"


class TopicListingChanged(Event, frozen=True, kw_only=True, tag="topic_changed_in_sector"):
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


class PostShared(_OnPost, frozen=True, kw_only=True, tag="post_shared"):
    """Others may edit a post, or its author alone again."""


class PostWithdrawn(_OnPost, frozen=True, kw_only=True, tag="post_withdrawn"):
    """Its author took a post back."""


class PostRestored(_OnPost, frozen=True, kw_only=True, tag="post_restored"):
    """Its author brought a post back."""


class PostHidden(_OnPost, frozen=True, kw_only=True, tag="post_hidden"):
    """A moderator's decision took a post's text from its readers."""


class PostUnhidden(_OnPost, frozen=True, kw_only=True, tag="post_unhidden"):
    """That decision was reversed: the post is there again."""


class QuotesChanged(_OnPost, frozen=True, kw_only=True, tag="quotes_changed"):
    """What a post quotes was taken from its readers, or given back."""


class PostCited(_OnPost, frozen=True, kw_only=True, tag="post_cited"):
    """Another post quotes this one or links to it, or none does any more."""


class ReactionsChanged(_OnPost, frozen=True, kw_only=True, tag="reactions_changed"):
    """The reactions to a post were counted anew."""


class TopicLeft(Event, frozen=True, kw_only=True, tag="topic_left"):
    """A topic is no longer in this sector: it went to another, or became part of another topic."""

    sector_id: int
    topic_id: int

    @property
    def channel(self) -> str:
        return f"sector:{self.sector_id}"


class TopicMerged(_InTopic, frozen=True, kw_only=True, tag="topic_merged"):
    """The topic is part of another one now: all who listen are shown out, and led there."""

    into: int


class PostsMovedAway(_InTopic, frozen=True, kw_only=True, tag="posts_moved_away"):
    """Posts went to another topic; a note of it stands where they stood."""

    move_id: int


class PostsMovedHere(_InTopic, frozen=True, kw_only=True, tag="posts_moved_here"):
    """Posts came from another topic."""

    move_id: int


class _ToMember(Event, frozen=True, kw_only=True):
    member_id: int

    @property
    def channel(self) -> str:
        return f"member:{self.member_id}"


class TopicRead(_ToMember, frozen=True, kw_only=True, tag="topic_read"):
    """The member has read more of a topic, perhaps on another device."""

    topic_id: int


class SectorRead(_ToMember, frozen=True, kw_only=True, tag="sector_read"):
    """The member has put all of a sector behind."""

    sector_id: int


class FollowingChanged(_ToMember, frozen=True, kw_only=True, tag="following_changed"):
    """The member follows something more or less closely than before."""

    following_id: int
