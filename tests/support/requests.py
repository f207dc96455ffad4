"""A valid request for every route of the API."""

import re
from typing import Any

from administration.routes import routes as administration_routes
from boards.routes import routes as board_routes
from community.routes import routes as community_routes
from forum.routes import routes as forum_routes
from gatherings.routes import routes as gathering_routes
from members.routes import routes as member_routes
from moderation.routes import routes as moderation_routes
from personal_data.export import routes as own_data_routes
from personal_data.routes import routes as erasure_routes
from realtime.routes import routes as live_routes
from storage.database import Database
from storage.statements import statement
from tests.support.boards import FORM, LONG_AGO

# All rows except the last use of sessions and the attendance of rooms, which are stored a little later.
_STATE = statement("""
SELECT string_agg(format('SELECT md5(coalesce(string_agg(CAST(t AS text), '','' ORDER BY CAST(t AS text)), '''')) FROM %I t',
    relname), ' UNION ALL ' ORDER BY relname)
FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
    AND relname NOT IN ('sessions', 'attendance')
""")
# Routes without a row: static files, and alternative addresses of a page that has one.
UNRULED = {"GET /static/{address}", "GET /favicon.ico", "GET /found/{token}", "GET /colour/{name}"}


ROUTES = [
    *(*member_routes, *forum_routes, *gathering_routes, *board_routes, *moderation_routes),
    *(*live_routes, *own_data_routes, *erasure_routes, *administration_routes, *community_routes),
]
TRANSLATIONS = {"fr": {"title": "Bonnes pratiques", "description": "Ce qui marche."}}
GATHERING = {
    "title": "Cobalt in practice",
    "kind": "webinar",
    "mode": "virtual",
    "about": "What works.",
    "place": "Vienna",
    "starts_at": "2027-01-10T14:00:00Z",
    "ends_at": "2027-01-10T16:00:00Z",
    "time_zone": "Europe/Vienna",
}
SESSION = {
    "title": "Opening",
    "about": "Who is here.",
    "language": "en",
    "speakers": [{"name": "Amina Bello", "organisation": "A cooperative"}],
    "room": None,
    "starts_at": "2027-01-10T14:00:00Z",
    "ends_at": "2027-01-10T15:00:00Z",
    "time_zone": "Europe/Vienna",
}
ACCOUNT = {"handle": "jonas-k", "email": "jonas@mail.example", "password": "three unrelated words"}
# A body with every field, by operation. A test fails if an operation with a body is missing here.
RULE = {
    "name": "Casinos",
    "sector": "mobility",
    "room": None,
    "test": {"kind": "phrases", "phrases": ["casino"]},
    "action": "hold",
    "trust": 0,
    "told": "Wait a little.",
}
GOOD: dict[str, dict[str, Any]] = {
    "make_rule": RULE,
    "change_template": {
        "texts": {"en": {"rule": "No selling", "facts": "It sells."}},
        "is_offered": True,
        "version": 0,
    },
    "edit_held_post": {"body": "We compared both."},
    "try_rule": RULE,
    "change_rule": RULE | {"version": 1},
    "register": ACCOUNT | {"display_name": "Jonas"},
    "found": ACCOUNT | {"display_name": "Jonas", "token": "x" * 43},
    "sign_in": {"login": "jonas-k", "password": "not the right one"},
    "change_profile": {
        "display_name": "Jonas",
        "organisation": "A mill",
        "stakeholder_group": None,
        "country": "AT",
        "sectors": ["mobility"],
        "stages": [],
        "materials": [],
        "languages": ["en"],
        "about": "I weigh things.",
        "public": ["country"],
    },
    "change_password": {"current": "not the right one", "new": "four quite unrelated words"},
    "change_address": {"email": "jonas@mail.example", "password": "not the right one"},
    "request_erasure": {
        "password": "not the right one",
        "posts": "delete",
        "rooms": "keep",
        "entries": "keep",
    },
    "verify": {"token": "x" * 43},
    "request_reset": {"email": "jonas@mail.example"},
    "reset_password": {"password": "four quite unrelated words"},
    "start_topic": {
        "title": "Cobalt tracing",
        "body": "Which scheme?",
        "tags": ["audit"],
        "kind": "question",
    },
    "change_topic": {"title": "Cobalt tracing", "tags": ["audit"], "kind": "question"},
    "set_answer": {"post": 1},
    "close_topic": {"reason": "It goes on elsewhere."},
    "pin_topic": {"until": "2099-01-10T14:00:00Z"},
    "slow_topic": {"seconds": 60, "until": "2099-01-10T14:00:00Z"},
    "set_timer": {"at": "2099-01-10T14:00:00Z", "note": "Look again."},
    "give_trust": {"level": 1},
    "assign_topic": {"member": "somebody", "status": "open"},
    "post_reply": {"body": "We compared both.", "parent": 1},
    "move_posts": {"posts": [1], "into": 2, "title": "Cobalt tracing", "sector": "mobility"},
    "relocate_topic": {"sector": "mobility"},
    "set_reading": {"number": 1, "posts": [1], "seconds": 5},
    "follow_topic": {"level": "watching"},
    "follow_sector": {"level": "watching_first_post"},
    "follow_tag": {"level": "muted"},
    "change_tag": {"name": "cobalt", "about": "A metal.", "group": None},
    "make_synonym": {"of": "lithium"},
    "make_tag_group": {"name": "Countries", "one_only": True, "for_moderators": True},
    "change_tag_group": {"name": "Places", "one_only": True, "for_moderators": True},
    "set_mail_wishes": {"direct": "weekly", "followed": "never", "time_zone": "Europe/Vienna"},
    "preview": {"body": "**Both**", "draft": "new:mobility"},
    "go_back": {"version": 1},
    "save_draft": {"body": "Half a thought", "sequence": 0, "owner": "window"},
    "save_search": {"query": "cobalt", "told": "daily"},
    "set_bookmark": {"note": "Read it again.", "remind_at": "2099-01-10T14:00:00Z"},
    "edit_post": {"body": "Which scheme, and why?"},
    "set_post_language": {"language": "fr"},
    "ask_for_translation": {"language": "fr"},
    "announce_gathering": GATHERING | {"sector": "mobility"},
    "change_gathering": GATHERING | {"state": "announced", "translations": TRANSLATIONS},
    "plan_room": {
        "title": "Main room",
        "body": "Ask here.",
        "modules": ["questions"],
        "rules": {
            "entry": "body",
            "body": "steering-committee",
            "writers": "all",
            "premoderated": False,
            "anonymous": True,
            "slow_seconds": 0,
            "question_length": 2000,
            "publishes_choices": False,
        },
    },
    "move_room": {"state": "open", "version": 1},
    "change_room": {
        "translations": {"fr": {"title": "Grande salle"}},
        "title": "Main room",
        "modules": ["questions", "board"],
        "rules": {"entry": "everyone", "slow_seconds": 0},
    },
    "plan_session": SESSION,
    "change_session": SESSION | {"state": "planned", "translations": TRANSLATIONS},
    "ask_question": {"body": "Why?", "anonymous": True},
    "vote": {"value": 1},
    "draft_poll": {
        "kind": "several",
        "title": "What first?",
        "options": ["Audit", "Trace"],
        "settings": {"most": 1},
        "reveals": "live",
        "by_group": True,
    },
    "change_poll": {
        "title": "What first?",
        "options": ["Audit", "Trace"],
        "settings": {"most": 1},
        "reveals": "live",
        "by_group": True,
    },
    "move_poll": {"state": "open", "version": 1},
    "set_ballot": {"answer": 1},
    "strike_word": {"reason": "It names a person."},
    "react_in_room": {"kind": "applause"},
    "settle_question": {
        "state": "merged",
        "version": 1,
        "reason": "Twice",
        "into": 1,
        "answer": "Because.",
        "place": 1,
    },
    "edit_question": {"body": "Why?"},
    "silence_asker": {"minutes": 10, "reason": "Names people"},
    "add_column": {"title": "Jobs"},
    "change_column": {"title": "Jobs", "place": 1},
    "post_notice": {
        "column": 1,
        "title": "Offer: a lab",
        "body": "Free.",
        "expires_at": "2099-01-10T14:00:00Z",
    },
    "change_notice": {"title": "Offer: a lab", "body": "Free.", "expires_at": "2099-01-10T14:00:00Z"},
    "move_notice": {"column": 1},
    "send_report": {
        "address": "/p/1",
        "reason": "illegal",
        "why": "It sells what may not be sold.",
        "name": "Ana Lima",
        "email": "ana@mail.example",
        "good_faith": True,
    },
    "claim_case": {"member": "somebody"},
    "write_case_note": {"body": "Ask her first."},
    "decide_cases": {
        "cases": [{"id": 1, "version": 1}],
        "action": "hide",
        "reason": {"rule": "No selling", "facts": "It sells."},
    },
    "make_appeal": {"body": "It is a quotation."},
    "appeal_report": {"body": "It does sell."},
    "answer_appeal": {"outcome": "upheld", "answer": "It sells."},
    "look_at_reporters": {"reason": "The police ask."},
    **{key: {"reason": "spam", "note": "Selling."} for key in ("flag_topic", "flag_file", "flag_profile")},
    "flag_post": {"reason": "spam", "note": "Selling."},
    "decide_case": {"version": 1, "action": "hide", "reason": {"rule": "No selling", "facts": "It sells."}},
    "reverse_decision": {"facts": "It does not sell."},
    "escalate_case": {"body": "It names somebody."},
    "begin_board": {
        "title": "Good practice",
        "purpose": "What works.",
        "template": "good-practice",
        "form": FORM,
        "readers": "everyone",
        "opens_at": LONG_AGO,
        "consolidates_at": "2099-01-10T14:00:00Z",
        "publishes_at": "2099-02-10T14:00:00Z",
    },
    "change_board": {
        "title": "Good practice",
        "translations": TRANSLATIONS,
        "purpose": "What works.",
        "form": FORM,
        "key_field": "title",
        "verify_days": 200,
        "readers": "everyone",
        "opens_at": LONG_AGO,
        "consolidates_at": "2099-01-10T14:00:00Z",
        "publishes_at": "2099-02-10T14:00:00Z",
    },
    "claim_gap": {"cell": {"kind": "sectoral"}},
    "save_view": {"title": "Sectoral", "query": "where=kind:sectoral", "shared": False},
    "add_entry": {"fields": {"title": "Cobalt"}, "source": 1},
    "change_entry": {"fields": {"amount": 4}},
    "confirm_entry": {"note": "In Kolwezi."},
    "merge_entry": {"into": 1},
    "dispose_entry": {"disposition": "partly", "reason": "Too long."},
    "request_change": {"body": "Which year?"},
    "settle_request": {"state": "done"},
    "look_at_table": {"name": "cases.csv", "content": "Q2FzZQpHb2xkCg=="},
    "change_import_options": {"columns": {"Case": "title"}, "dates": "dmy"},
    "publish_edition": {"note": "As of now."},
    "set_picture": {"content": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"},
    "upload_file": {"name": "a.txt", "content": "V2hhdCBpdCBpcy4="},
    "outdate_entry": {"reason": "It closed."},
    "suspend_account": {"days": 3, "reason": {"rule": "No selling", "facts": "It sells."}},
    "request_account_erasure": {"password": "wrong one", "posts": "keep", "rooms": "keep", "entries": "keep"},
    "set_community_name": {"texts": {"en": "Tin and Cobalt"}},
    "set_welcome_text": {"texts": {"en": "We **listen**."}},
    "set_colour": {"colour": "#1a6b5c"},
    "publish_community_page": {"version": 1, "texts": {"en": "Who we are, and where."}, "is_announced": True},
    "merge_author": {"author": "archive-0"},
}
PLACES = {
    "slug": "mobility",
    "community_page": "imprint",
    "setting": "name",
    "handle": "somebody",
    "key": "topic:1",
    "template": "spam",
    "kind": "agree",
    "language": "fr",
    "token": "x" * 43,
    "reference": "x" * 22,
    "year": "2026",
    "word": "cobalt",
    "tag": "cobalt",
    "timer": "close",
    "body_slug": "steering-committee",
    "confirmation": "do_too",
}


def address(route: Any) -> tuple[str, str]:
    """Return method and path of a route, with ids that may not exist and names that do."""
    path = re.sub(r"\{(\w+):\w+\}", lambda part: PLACES.get(part[1], "1"), sorted(route.paths)[0])
    return next(iter(route.http_methods - {"OPTIONS", "HEAD"})), f"/api/v1{path}"


async def state_of(db: Database) -> list[str]:
    """Return a summary of all rows in the database, to detect changes."""
    async with db.read() as tx:
        query = await tx.value(_STATE)
        return [row[0] for row in await tx.connection.fetch(query)]
