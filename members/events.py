"""Events of members."""

from core.events import Event

MAIL_CHANNEL = "mail"


class _ToMember(Event, frozen=True, kw_only=True):
    member_id: int

    @property
    def channel(self) -> str:
        return f"member:{self.member_id}"


class MemberJoined(_ToMember, frozen=True, kw_only=True, tag="member_joined"):
    """An account was created."""


class LinkRequested(Event, frozen=True, kw_only=True, tag="link_asked"):
    """A mailed link was requested; the worker finds out whether anybody receives it."""

    link_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class AddressVerified(_ToMember, frozen=True, kw_only=True, tag="address_proved"):
    """A member verified an address; `unclaimed_id` is the unclaimed member with the same address."""

    unclaimed_id: int | None = None


class PasswordChanged(_ToMember, frozen=True, kw_only=True, tag="password_changed"):
    """The password was changed or reset."""


class SessionEnded(_ToMember, frozen=True, kw_only=True, tag="session_ended"):
    """A session ended; its sockets are closed."""

    session_id: int


class SessionsEnded(_ToMember, frozen=True, kw_only=True, tag="sessions_ended"):
    """All sessions of a member ended, except `kept_id` if it is given."""

    kept_id: int | None = None


class AccessChanged(_ToMember, frozen=True, kw_only=True, tag="access_changed"):
    """The member's permissions changed; open sockets check their subscriptions again."""


class Notified(_ToMember, frozen=True, kw_only=True, tag="notified"):
    """The member got a notification."""

    notification_id: int


class NotificationsRead(_ToMember, frozen=True, kw_only=True, tag="inbox_read"):
    """The member read or archived notifications, perhaps in another window."""


class ProfileTextsChanged(_ToMember, frozen=True, kw_only=True, tag="profile_texts_changed"):
    """What others read on the member's profile changed: the organisation, or the text about the member."""


class ProfileChanged(Event, frozen=True, kw_only=True, tag="profile_changed"):
    """The author data or the visibility of a member's profile changed."""

    member_id: int

    @property
    def channel(self) -> str:
        return "members"


class ErasureRequested(_ToMember, frozen=True, kw_only=True, tag="erasure_asked"):
    """The member asked to delete the account; an e-mail says when that happens."""


class ErasureCancelled(_ToMember, frozen=True, kw_only=True, tag="erasure_cancelled"):
    """The member keeps the account."""


class TrustChanged(_ToMember, frozen=True, kw_only=True, tag="trust_changed"):
    """The member's trust level changed."""
