"""Facts about a room and its people, for tests of rules without a database."""

from datetime import UTC, datetime

from core.actor import Actor
from core.ids import GatheringId, MemberId, RoomId, SectorId, TopicId
from gatherings.policy_rooms import RoomFacts

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MEMBER = Actor(id=MemberId(1), is_verified=True)
HOST = Actor(id=MemberId(2), is_verified=True, hosts=frozenset({GatheringId(7)}))


def a_room(**facts: object) -> RoomFacts:
    given = {
        "id": RoomId(3),
        "gathering_id": GatheringId(7),
        "topic_id": TopicId(5),
        "sector_id": SectorId(2),
        "state": "open",
        "modules": ["questions"],
        "allows_anonymous": True,
        "is_cancelled": False,
        "version": 1,
        "writers": "all",
        "is_premoderated": False,
        "slow_seconds": 0,
        "question_length": 2_000,
        "publishes_choices": False,
    }
    return RoomFacts(**(given | facts))  # type: ignore[arg-type]
