"""The event handlers of boards."""

from boards.curation import entries
from forum.events import PostHidden, PostUnhidden
from storage.jobs import EventHandlers

# Run in the transaction of a moderator's decision, so that a hidden entry leaves its board with the decision.
IN_TRANSACTION: EventHandlers = {
    PostHidden: (entries.on_post_hidden_or_unhidden,),
    PostUnhidden: (entries.on_post_hidden_or_unhidden,),
}
