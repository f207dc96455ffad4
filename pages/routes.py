"""All routes of pages, and their dependencies; the composition root mounts them at `/`."""

from litestar.di import Provide

from members.accounts.cookies import provide_cookie_rules
from pages.boards import (
    routes_boards,
    routes_editions,
    routes_entries,
    routes_imports,
    routes_settings,
    routes_table,
)
from pages.forum.reading import routes_email, routes_following, routes_inbox, routes_unread
from pages.forum.search import routes_citations, routes_feeds, routes_search
from pages.forum.topics import routes_moves, routes_sectors, routes_tags, routes_topic_status, routes_topics
from pages.forum.writing import routes_drafts, routes_editing, routes_files, routes_held, routes_posts
from pages.gatherings import (
    routes_calendars,
    routes_cockpit,
    routes_gatherings,
    routes_noticeboard,
    routes_notices,
    routes_outcomes,
    routes_polls,
    routes_programme,
    routes_record,
    routes_room_settings,
    routes_rooms,
    routes_stage,
)
from pages.members import routes_accounts, routes_committees, routes_duties, routes_members, routes_trust
from pages.moderation import (
    routes_appeals,
    routes_audit,
    routes_flags,
    routes_ledger,
    routes_queue,
    routes_reasons,
    routes_report,
    routes_rules,
    routes_sanctions,
    routes_transparency,
)
from pages.shell.context import provide_context
from pages.site import routes_assets, routes_home

routes = [
    *routes_home.routes,
    *routes_sectors.routes,
    *routes_topics.routes,
    *routes_posts.routes,
    *routes_moves.routes,
    *routes_topic_status.routes,
    *routes_gatherings.routes,
    *routes_calendars.routes,
    *routes_programme.routes,
    *routes_room_settings.routes,
    *routes_committees.routes,
    *routes_rooms.routes,
    *routes_polls.routes,
    *routes_cockpit.routes,
    *routes_stage.routes,
    *routes_noticeboard.routes,
    *routes_notices.routes,
    *routes_boards.routes,
    *routes_table.routes,
    *routes_entries.routes,
    *routes_settings.routes,
    *routes_imports.routes,
    *routes_files.routes,
    *routes_editions.routes,
    *routes_accounts.routes,
    *routes_members.routes,
    *routes_trust.routes,
    *routes_search.routes,
    *routes_tags.routes,
    *routes_feeds.routes,
    *routes_citations.routes,
    *routes_drafts.routes,
    *routes_editing.routes,
    *routes_inbox.routes,
    *routes_held.routes,
    *routes_unread.routes,
    *routes_following.routes,
    *routes_email.routes,
    *routes_duties.routes,
    *routes_queue.routes,
    *routes_rules.routes,
    *routes_reasons.routes,
    *routes_appeals.routes,
    *routes_sanctions.routes,
    *routes_ledger.routes,
    *routes_audit.routes,
    *routes_flags.routes,
    *routes_report.routes,
    *routes_record.routes,
    *routes_outcomes.routes,
    *routes_transparency.routes,
    *routes_assets.routes,
]

dependencies = {
    "cookie_rules": Provide(provide_cookie_rules, sync_to_thread=False),
    "context": Provide(provide_context, sync_to_thread=False),
}
