"""The event handlers of boards: what a moderator's decision about an entry's post does itself."""

from boards.curation import entries
from forum.events import PostHidden, PostUnhidden
from storage.jobs import EventHandlers

# Run in the transaction of a moderator's decision: a hidden entry leaves its board with the decision, not seconds later.
IN_TRANSACTION: EventHandlers = {
    PostHidden: (entries.follow_post,),
    PostUnhidden: (entries.follow_post,),
}
