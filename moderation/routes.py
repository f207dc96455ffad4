"""All HTTP routes of moderation, from the module of each noun."""

from litestar.handlers import HTTPRouteHandler

from moderation.appeals import routes as appeals
from moderation.audit import routes as audit
from moderation.decisions import routes as decisions
from moderation.decisions import routes_held
from moderation.flags import routes as flags
from moderation.flags import routes_reports
from moderation.ledger import routes as ledger
from moderation.queue import routes as queue
from moderation.queue import routes_cases
from moderation.reasons import routes as reasons
from moderation.rules import routes as rules
from moderation.sanctions import routes as sanctions

routes: list[HTTPRouteHandler] = [
    *flags.routes,
    *routes_reports.routes,
    *queue.routes,
    *routes_cases.routes,
    *decisions.routes,
    *routes_held.routes,
    *appeals.routes,
    *sanctions.routes,
    *reasons.routes,
    *rules.routes,
    *ledger.routes,
    *audit.routes,
]
