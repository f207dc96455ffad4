"""Events of the forum: what happened to sectors, topics and posts, and what members read and follow."""

from core.events import Event


class TopicOpened(Event, frozen=True, kw_only=True, tag="topic_opened"):
    """A topic was started in the sector, or moved into it."""

    sector_id: int
    topic_id: int

    @property
    def channel(self) -> str:
        return f"sector:{self.sector_id}"


class TopicListingChanged(Event, frozen=True, kw_only=True, tag="topic_changed_in_sector"):
    """The title, tags or state of a topic changed, as the sector's list shows them."""

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
    """The title, tags or state of the topic changed."""


class ReadersChanged(_InTopic, frozen=True, kw_only=True, tag="readers_changed"):
    """The set of people who may read the topic changed: the access of all its listeners is checked again."""


class _OnPost(_InTopic, frozen=True, kw_only=True):
    post_id: int


class ReplyPosted(_OnPost, frozen=True, kw_only=True, tag="reply_posted"):
    """A post was added to the topic, with the next number."""

    number: int


class PostEdited(_OnPost, frozen=True, kw_only=True, tag="post_edited"):
    """The text of a post changed."""


class PostShared(_OnPost, frozen=True, kw_only=True, tag="post_shared"):
    """A post was opened for editing by other members, or restricted to its author again."""


class PostLanguageSet(_OnPost, frozen=True, kw_only=True, tag="post_language_set"):
    """The author or a moderator said in which language a post is; its text did not change."""


class PostWithdrawn(_OnPost, frozen=True, kw_only=True, tag="post_withdrawn"):
    """A post was withdrawn by its author, or by a moderator on behalf of the author."""


class PostRestored(_OnPost, frozen=True, kw_only=True, tag="post_restored"):
    """A withdrawn post was restored."""


class PostHidden(_OnPost, frozen=True, kw_only=True, tag="post_hidden"):
    """A moderator's decision hid a post."""


class PostUnhidden(_OnPost, frozen=True, kw_only=True, tag="post_unhidden"):
    """The decision to hide a post was reversed."""


class QuotesChanged(_OnPost, frozen=True, kw_only=True, tag="quotes_changed"):
    """Texts that the post quotes, or titles that it links to, became visible or invisible or changed."""


class PostCited(_OnPost, frozen=True, kw_only=True, tag="post_cited"):
    """The post got its first citation (a quote or a link in another post), or lost its last one."""


class ReactionsChanged(_OnPost, frozen=True, kw_only=True, tag="reactions_changed"):
    """The counts of reactions to a post changed."""


class TopicLeft(Event, frozen=True, kw_only=True, tag="topic_left"):
    """A topic left the sector: it was moved to another sector, or merged into another topic."""

    sector_id: int
    topic_id: int

    @property
    def channel(self) -> str:
        return f"sector:{self.sector_id}"


class TopicMerged(_InTopic, frozen=True, kw_only=True, tag="topic_merged"):
    """The topic was merged into another one: the channel is closed, and its listeners are sent to the other topic."""

    into: int


class PostsMovedAway(_InTopic, frozen=True, kw_only=True, tag="posts_moved_away"):
    """Posts were moved to another topic; a note in their former position says so."""

    move_id: int


class PostsMovedHere(_InTopic, frozen=True, kw_only=True, tag="posts_moved_here"):
    """Posts were moved here from another topic."""

    move_id: int


class _ToMember(Event, frozen=True, kw_only=True):
    member_id: int

    @property
    def channel(self) -> str:
        return f"member:{self.member_id}"


class TopicRead(_ToMember, frozen=True, kw_only=True, tag="topic_read"):
    """The member read more of a topic, perhaps on another device."""

    topic_id: int


class SectorRead(_ToMember, frozen=True, kw_only=True, tag="sector_read"):
    """The member marked all topics of a sector as read."""

    sector_id: int


class FollowingChanged(_ToMember, frozen=True, kw_only=True, tag="following_changed"):
    """The level at which the member follows a topic, a sector or a tag changed."""

    following_id: int
