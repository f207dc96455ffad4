"""The event handlers of gatherings: what the worker does after an event, and what a moderator's decision does itself."""

from forum.events import PostEdited, PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from gatherings.events import GatheringAnnounced, QuestionSettled, RoomClosed
from gatherings.gatherings import on_gathering_announced
from gatherings.notices import notices
from gatherings.polls import polls
from gatherings.questions import late_answers, questions
from storage.jobs import EventHandlers

# A question and a notice are posts: their rooms announce what happens to the post.
HANDLERS: EventHandlers = {
    PostEdited: (questions.on_post_changed, notices.on_post_changed),
    PostWithdrawn: (questions.on_post_changed, notices.on_post_changed),
    PostRestored: (questions.on_post_changed, notices.on_post_changed),
    GatheringAnnounced: (on_gathering_announced,),
    QuestionSettled: (late_answers.on_question_settled,),
    RoomClosed: (polls.on_room_closed,),
}

# Run in the transaction of a moderator's decision: a hidden question leaves its room with the decision, not seconds later.
IN_TRANSACTION: EventHandlers = {
    PostHidden: (questions.on_post_changed, notices.on_post_changed),
    PostUnhidden: (questions.on_post_changed, notices.on_post_changed),
}
