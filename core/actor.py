"""The actor: the visitor or member who makes a request, as every operation and rule receives it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.errors import Denied, SignInFirst
from core.ids import GatheringId, MemberId, SectorId, SessionId, TopicId
from core.languages.texts import translatable

PostOrder = Literal["tree", "time"]


class NotVerified(Denied):
    """The member has not verified the e-mail address yet."""

    message = translatable("Confirm your e-mail address first: the link is in your mail.")


class Silenced(Denied):
    """The member may read but not write until a given time."""

    message = translatable("You cannot write here at the moment.")


class Suspended(Denied):
    """The account is suspended until a given time: the member can read what is public, and appeal the decision."""

    message = translatable("Your account is suspended at the moment. You can read, and appeal the decision.")


class Actor(Struct, frozen=True, kw_only=True):
    """A visitor, or a member with their roles and sanctions; loaded once for each request and never stored."""

    id: MemberId | None = None
    session_id: SessionId | None = None
    handle: str | None = None
    display_name: str | None = None
    group: str | None = None
    picture: str | None = None
    is_verified: bool = False
    # Whether an address of the member refused an e-mail for good; pages say so to the member.
    has_failing_address: bool = False
    is_administrator: bool = False
    moderates: frozenset[SectorId] = frozenset()
    hosts: frozenset[GatheringId] = frozenset()
    # Only for actors that stand for an audience of a channel: the topics that everybody in it may read.
    admitted: frozenset[TopicId] = frozenset()
    silenced_until: datetime | None = None
    # A suspended account has no roles.
    suspended_until: datetime | None = None
    # The sectors in which the member may not write at present, and the topics of the rooms they were removed from.
    barred: frozenset[SectorId] = frozenset()
    removed: frozenset[TopicId] = frozenset()
    # The member's trust level, from 0 up; members/profiles/trust.py says what each level allows.
    trust: int = 0
    # The order in which the member wants to read the posts of a topic.
    post_order: PostOrder = "tree"
    # The language in which the member reads pages and e-mails, if it was chosen.
    language: str | None = None
    # The languages that the member speaks (ISO 639-1), as the profile says.
    languages: tuple[str, ...] = ()
    # The member's secret, from which pseudonyms are computed. Only the session token can decrypt it, not the database.
    secret: bytes | None = None

    def signed_in(self) -> MemberId:
        """Return the member's id; raise SignInFirst for a visitor."""
        if self.id is None:
            raise SignInFirst
        return self.id

    def may_write(self, now: datetime, sector: SectorId | None = None) -> MemberId:
        """Return the id of a member who may write (in the given sector); raise SignInFirst, NotVerified, Suspended or
        Silenced."""
        member = self.signed_in()
        if not self.is_verified:
            raise NotVerified
        if self.suspended_until and now < self.suspended_until:
            raise Suspended
        if (self.silenced_until and now < self.silenced_until) or sector in self.barred:
            raise Silenced
        return member

    def moderates_in(self, sector: SectorId) -> bool:
        """Return whether the actor is a moderator of the sector; administrators are moderators of all sectors."""
        return self.is_administrator or sector in self.moderates

    def hosts_at(self, gathering: GatheringId) -> bool:
        """Return whether the actor is a host of the gathering; administrators are hosts of all gatherings."""
        return self.is_administrator or gathering in self.hosts


VISITOR = Actor()
# Stands for the audience that sees everything when events are shown; it is no member.
OVERSEER = Actor(is_administrator=True)


def listener_in(*topics: TopicId) -> Actor:
    """Return an actor that stands for the audience of everybody who may read these topics."""
    return Actor(admitted=frozenset(topics))


def host_at(*gatherings: GatheringId) -> Actor:
    """Return an actor that stands for the audience of all hosts of these gatherings."""
    return Actor(hosts=frozenset(gatherings))
