"""Who is asking: the one value that every verb and rule gets."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.errors import Denied, SignInFirst
from core.ids import GatheringId, MemberId, SectorId, SessionId, TopicId

PostOrder = Literal["tree", "time"]


class NotVerified(Denied):
    """The member has not yet proved the e-mail address."""

    message = "Confirm your e-mail address first: the link is in your mail."


class Silenced(Denied):
    """The member may read but not write for a while."""

    message = "You cannot write here at the moment."


class Suspended(Denied):
    """The member is shut out for a while: what is public can be read, and the decision appealed."""

    message = "Your account is suspended at the moment. You can read, and appeal the decision."


class Actor(Struct, frozen=True, kw_only=True):
    """A visitor, or a member with what the member may do; loaded once a request, never stored."""

    id: MemberId | None = None
    session_id: SessionId | None = None
    handle: str | None = None
    display_name: str | None = None
    group: str | None = None
    is_verified: bool = False
    is_administrator: bool = False
    moderates: frozenset[SectorId] = frozenset()
    hosts: frozenset[GatheringId] = frozenset()
    # Of one who stands for a class of listeners: the topics that each of them was let in to hear.
    admitted: frozenset[TopicId] = frozenset()
    silenced_until: datetime | None = None
    # While it is suspended an account has no duties.
    suspended_until: datetime | None = None
    # The sectors in which the member cannot write for a while, and the rooms' topics out of which they were sent.
    barred: frozenset[SectorId] = frozenset()
    removed: frozenset[TopicId] = frozenset()
    # How far the member is trusted, from 0 up: what that allows is said by members/profiles/trust.py.
    trust: int = 0
    # The order of a topic's posts that the member has chosen: known before the topic is read.
    post_order: PostOrder = "tree"
    # The member's own secret, opened by the session token: what pseudonyms are made of. The database cannot open it.
    secret: bytes | None = None

    def signed_in(self) -> MemberId:
        """The member's id, or `SignInFirst`."""
        if self.id is None:
            raise SignInFirst
        return self.id

    def may_write(self, now: datetime, sector: SectorId | None = None) -> MemberId:
        """The id of a member who may write at all, or in a sector: signed in, verified, neither suspended nor silenced."""
        member = self.signed_in()
        if not self.is_verified:
            raise NotVerified
        if self.suspended_until and now < self.suspended_until:
            raise Suspended
        if (self.silenced_until and now < self.silenced_until) or sector in self.barred:
            raise Silenced
        return member

    def moderates_in(self, sector: SectorId) -> bool:
        """Whether this actor has the moderator's duty in a sector; administrators have it everywhere."""
        return self.is_administrator or sector in self.moderates

    def hosts_at(self, gathering: GatheringId) -> bool:
        """Whether this actor is a host of a gathering; administrators are hosts of all."""
        return self.is_administrator or gathering in self.hosts


VISITOR = Actor()
# Stands for all who see everything when events are rendered, and is nobody.
OVERSEER = Actor(is_administrator=True)


def listener_in(*topics: TopicId) -> Actor:
    """Who stands for all that were let in to hear these topics: who they are does not matter."""
    return Actor(admitted=frozenset(topics))


def host_at(*gatherings: GatheringId) -> Actor:
    """Who stands for all hosts of these gatherings."""
    return Actor(hosts=frozenset(gatherings))
