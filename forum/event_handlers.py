"""The event handlers of the forum: what the worker does after an event."""

from forum.archive import author_claims
from forum.events import (
    PostHidden,
    PostRestored,
    PostsMovedHere,
    PostUnhidden,
    PostWithdrawn,
    ReadersChanged,
    ReplyPosted,
    TopicChanged,
)
from forum.following import following
from forum.notifications import watchers
from forum.writing import reactions, references
from members.events import AddressVerified
from storage.jobs import EventHandlers

HANDLERS: EventHandlers = {
    AddressVerified: (author_claims.on_address_verified, reactions.on_address_verified),
    PostWithdrawn: (references.on_post_visibility_changed,),
    PostRestored: (references.on_post_visibility_changed,),
    PostHidden: (references.on_post_visibility_changed,),
    PostUnhidden: (references.on_post_visibility_changed,),
    ReplyPosted: (following.on_reply_posted, watchers.on_reply_posted),
    TopicChanged: (references.on_topic_changed,),
    PostsMovedHere: (references.on_topic_access_changed,),
    ReadersChanged: (references.on_topic_access_changed,),
}

# These take the rules of trust as their first argument. They run before all other handlers of their event: members who are
# mentioned are notified of the mention, and then not a second time of the reply.
TRUST_HANDLERS = references.REFERENCE_HANDLERS
