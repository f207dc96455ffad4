"""All pages, and what they depend on besides what the house provides: mounted by the composition root at `/`."""

from litestar.di import Provide

from members.cookies import provide_cookie_rules
from pages import (
    routes_accounts,
    routes_admin,
    routes_boards,
    routes_bodies,
    routes_calendars,
    routes_cockpit,
    routes_gatherings,
    routes_home,
    routes_inbox,
    routes_members,
    routes_notices,
    routes_polls,
    routes_posts,
    routes_programme,
    routes_queue,
    routes_reports,
    routes_room_settings,
    routes_rooms,
    routes_sectors,
    routes_stage,
    routes_statics,
    routes_topics,
)

routes = [
    *routes_home.routes,
    *routes_sectors.routes,
    *routes_topics.routes,
    *routes_posts.routes,
    *routes_gatherings.routes,
    *routes_calendars.routes,
    *routes_programme.routes,
    *routes_room_settings.routes,
    *routes_bodies.routes,
    *routes_rooms.routes,
    *routes_polls.routes,
    *routes_cockpit.routes,
    *routes_stage.routes,
    *routes_boards.routes,
    *routes_notices.routes,
    *routes_accounts.routes,
    *routes_members.routes,
    *routes_inbox.routes,
    *routes_admin.routes,
    *routes_queue.routes,
    *routes_reports.routes,
    *routes_statics.routes,
]

dependencies = {
    "cookie_rules": Provide(provide_cookie_rules, sync_to_thread=False),
    "reading": Provide(routes_topics.provide_reading, sync_to_thread=False),
    "desk": Provide(routes_posts.provide_desk, sync_to_thread=False),
    "office": Provide(routes_room_settings.provide_office, sync_to_thread=False),
    "foyer": Provide(routes_rooms.provide_foyer, sync_to_thread=False),
    "door": Provide(routes_accounts.provide_door, sync_to_thread=False),
    "study": Provide(routes_members.provide_study, sync_to_thread=False),
}
