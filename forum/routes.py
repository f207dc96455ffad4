"""All HTTP routes of the forum; each list is defined next to its noun."""

from forum.bookmarks.routes import bookmark_routes
from forum.contributions.routes import contribution_routes
from forum.drafts.routes import draft_routes
from forum.exports.routes import export_routes
from forum.files.routes import file_routes
from forum.following.routes import following_routes
from forum.following.routes_read_state import read_state_routes
from forum.moves.routes import move_routes
from forum.notifications.routes import notification_routes
from forum.notifications.routes_email import email_routes
from forum.routes_sectors import sector_routes
from forum.search.routes import search_routes
from forum.search.routes_saved import saved_search_routes
from forum.tags.routes import tag_routes
from forum.topics.routes import topic_routes
from forum.topics.routes_status import topic_status_routes
from forum.translations.routes import translation_routes
from forum.trust.routes import trust_routes
from forum.writing.routes import post_routes
from forum.writing.routes_editing import editing_routes
from forum.writing.routes_topics import topic_writing_routes

routes = [
    *sector_routes,
    *topic_routes,
    *topic_writing_routes,
    *post_routes,
    *notification_routes,
    *file_routes,
    *move_routes,
    *read_state_routes,
    *following_routes,
    *email_routes,
    *tag_routes,
    *topic_status_routes,
    *trust_routes,
    *editing_routes,
    *search_routes,
    *export_routes,
    *saved_search_routes,
    *draft_routes,
    *translation_routes,
    *contribution_routes,
    *bookmark_routes,
]
