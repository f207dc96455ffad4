"""The context of a web process: its objects with a life cycle, opened in order and closed in reverse order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from forum.writing.replies import Replies
from gatherings.lanes.open_lanes import OpenLanes, lane_cookie_name
from gatherings.polls.ballots import BallotWriter
from gatherings.questions.submission import QuestionWriter
from gatherings.questions.votes import VoteWriter
from gatherings.rooms.participation import check_change_in_room, check_reply_in_room
from gatherings.rooms.reactions import RoomReactions
from members.profiles.trust import TrustRules
from members.shapes import Taxonomies
from moderation.rules.engine import Screening
from realtime.bus import Bus, InProcessBus
from realtime.hub import Hub
from realtime.limits import Limits as SocketLimits
from realtime.redis_bus import RedisBus
from storage.cache import VersionedCache
from storage.database import Database, connect
from tertulia.channels import KINDS
from tertulia.community import Community, read_shared_community
from tertulia.current import Current
from tertulia.event_handlers import HANDLED_TAGS
from tertulia.http.rate_limits import RequestLimits
from tertulia.limits.limiter import Limiter
from tertulia.limits.table import read_limits
from tertulia.settings import Settings


class AppContext(Struct, frozen=True, kw_only=True):
    """The objects of one web process that routes and background tasks use."""

    settings: Settings
    community: Community
    taxonomies: Taxonomies
    trust: TrustRules
    db: Database
    bus: Bus
    hub: Hub
    replies: Replies
    screening: Screening
    question_writer: QuestionWriter
    votes: VoteWriter
    ballots: BallotWriter
    room_reactions: RoomReactions
    limits: RequestLimits
    cache: VersionedCache
    registry: CollectorRegistry
    current: Current


@asynccontextmanager
async def open_context(settings: Settings) -> AsyncIterator[AppContext]:
    """Connect to the database and Redis and start the bus and the hub; `settings.database_url` must be set."""
    bus = make_bus(settings)
    redis = Redis.from_url(settings.redis_url, socket_timeout=1, retry=None) if settings.redis_url else None
    db = await connect(settings.database_url, bus, HANDLED_TAGS, settings.pool, settings.url)
    hub = Hub(db, bus, KINDS, _make_socket_limits(settings))
    community = read_shared_community(settings.community)
    trust = community.trust_rules()
    votes, screening = VoteWriter(db), Screening(db)
    ballots = BallotWriter(db, screening.screen)
    try:
        await bus.start(hub)
        await hub.start()
        yield AppContext(
            settings=settings,
            community=community,
            taxonomies=community.taxonomies(),
            trust=trust,
            db=db,
            bus=bus,
            hub=hub,
            replies=Replies(db, check_reply_in_room, check_change_in_room, trust, screening.screen),
            screening=screening,
            question_writer=QuestionWriter(db, screening.screen, trust),
            votes=votes,
            ballots=ballots,
            room_reactions=RoomReactions(db),
            limits=_make_limits(settings, db, redis),
            cache=VersionedCache(),
            registry=CollectorRegistry(),
            current=Current(db),
        )
    finally:
        await votes.close()
        await ballots.close()
        await hub.close()
        await bus.close()
        if redis is not None:
            await redis.aclose()
        await db.close()


def make_bus(settings: Settings) -> Bus:
    """Return the bus for the settings; it receives messages only after `start`."""
    return RedisBus(settings.redis_url) if settings.redis_url else InProcessBus()


def _make_socket_limits(settings: Settings) -> SocketLimits:
    return SocketLimits(per_member=settings.sockets_per_member, per_address=settings.sockets_per_address)


def _make_limits(settings: Settings, db: Database, redis: "Redis | None") -> RequestLimits:
    return RequestLimits(
        Limiter(redis),
        read_limits(settings.limits),
        OpenLanes(db),
        lane_cookie_name(settings.is_secure),
        settings.rate_limits,
    )
