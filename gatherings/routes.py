"""All HTTP routes of gatherings, concatenated from the route modules of their nouns."""

from gatherings.lanes.routes import lane_routes
from gatherings.notices.routes import notice_routes
from gatherings.polls.routes import poll_routes
from gatherings.programme.routes import programme_routes
from gatherings.questions.routes import question_routes
from gatherings.record.routes import record_routes
from gatherings.room_setup.routes import room_setup_routes
from gatherings.rooms.routes import room_routes
from gatherings.routes_gatherings import gathering_routes

routes = [
    *gathering_routes,
    *lane_routes,
    *room_routes,
    *question_routes,
    *notice_routes,
    *room_setup_routes,
    *poll_routes,
    *programme_routes,
    *record_routes,
]
