"""What happens to people."""

from core.events import Event

MAIL_CHANNEL = "mail"


class _ToMember(Event, frozen=True, kw_only=True):
    member_id: int

    @property
    def channel(self) -> str:
        return f"member:{self.member_id}"


class MemberJoined(_ToMember, frozen=True, kw_only=True, tag="member_joined"):
    """An account was made."""


class LinkRequested(Event, frozen=True, kw_only=True, tag="link_asked"):
    """A link is to be mailed; whether anybody gets one is found out when it is, not by who asked."""

    link_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class AddressVerified(_ToMember, frozen=True, kw_only=True, tag="address_proved"):
    """A member has shown that an address is theirs; `unclaimed_id` is the archive's author who has the same one."""

    unclaimed_id: int | None = None


class PasswordChanged(_ToMember, frozen=True, kw_only=True, tag="password_changed"):
    """The password was changed or reset."""


class SessionEnded(_ToMember, frozen=True, kw_only=True, tag="session_ended"):
    """A session was signed out; its sockets are shut."""

    session_id: int


class SessionsEnded(_ToMember, frozen=True, kw_only=True, tag="sessions_ended"):
    """All sessions were ended, or all but the one kept."""

    kept_id: int | None = None


class AccessChanged(_ToMember, frozen=True, kw_only=True, tag="access_changed"):
    """The member may do more or less than before: open sockets ask again for all they have joined."""


class Notified(_ToMember, frozen=True, kw_only=True, tag="notified"):
    """The member was told something: it is in the inbox."""

    notification_id: int


class NotificationsRead(_ToMember, frozen=True, kw_only=True, tag="inbox_read"):
    """The member has read some or all of the inbox, perhaps in another window."""


class ProfileChanged(Event, frozen=True, kw_only=True, tag="profile_changed"):
    """What others see of a member changed."""

    member_id: int

    @property
    def channel(self) -> str:
        return "members"


class TrustChanged(_ToMember, frozen=True, kw_only=True, tag="trust_changed"):
    """The member is trusted further than before, or less far."""
