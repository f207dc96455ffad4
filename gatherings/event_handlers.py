"""The event handlers of gatherings: what the worker does after an event, and what a moderator's decision does itself."""

from forum.events import PostEdited, PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from gatherings.events import QuestionSettled, RoomClosed
from gatherings.notices import notices
from gatherings.polls import polls
from gatherings.questions import late_answers, questions
from storage.jobs import EventHandlers

# A question and a notice are posts: their rooms announce what happens to the post.
HANDLERS: EventHandlers = {
    PostEdited: (questions.follow_post, notices.follow_post),
    PostWithdrawn: (questions.follow_post, notices.follow_post),
    PostRestored: (questions.follow_post, notices.follow_post),
    QuestionSettled: (late_answers.tell_answered,),
    RoomClosed: (polls.close_with_room,),
}

# Run in the transaction of a moderator's decision: a hidden question leaves its room with the decision, not seconds later.
IN_TRANSACTION: EventHandlers = {
    PostHidden: (questions.follow_post, notices.follow_post),
    PostUnhidden: (questions.follow_post, notices.follow_post),
}
