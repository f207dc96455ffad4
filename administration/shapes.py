"""Request and response structs of the administration."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import Name
from members.accounts.erasure_requests import Choice, PendingErasure
from members.accounts.operator import Account
from members.shapes import GivenPassword, OwnDuty
from moderation.shapes import Reason

AccountState = Literal["unverified", "unreachable", "suspended", "silenced", "leaving", "author"]
AccountRole = Literal["administrator", "moderator", "host", "none"]
AccountSeen = Literal["recently", "away"]
Words = Annotated[str, Meta(max_length=100)]


class AccountFilter(Struct, frozen=True, kw_only=True):
    """Which accounts to list: `words` are in the handle, name or address; `author` are authors of archives who have no
    account; `recently` is the last seven days, `away` is signed in nowhere."""

    words: str = ""
    state: AccountState | None = None
    role: AccountRole | None = None
    group: str | None = None
    seen: AccountSeen | None = None


class ListedAccount(Struct, frozen=True, kw_only=True):
    """An account in the list, without its address."""

    id: int
    handle: str
    display_name: str
    group: str | None
    joined_at: datetime
    seen_at: datetime | None
    is_claimed: bool
    is_verified: bool
    is_failing: bool
    duties: list[str]
    suspended_until: datetime | None
    silenced_until: datetime | None
    leaves_at: datetime | None


class AccountPage(Struct, frozen=True):
    """One page of accounts, the newest first."""

    items: list[ListedAccount]
    next: str | None


class AccountDetails(Struct, frozen=True, kw_only=True):
    """An account with everything that administrators may see."""

    account: Account
    group: str | None
    failing_address: str | None
    silenced_until: datetime | None
    sessions: int
    roles: list[OwnDuty]
    erasure: PendingErasure | None


class NewSuspension(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suspension everywhere, for so many days."""

    days: Annotated[int, Meta(ge=1, le=3_650)]
    reason: Reason


class NewAccountErasure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The erasure of another member's account: the administrator's own password, and what becomes of the texts of each kind
    (`keep`: without the name)."""

    password: GivenPassword
    posts: Choice
    rooms: Choice
    entries: Choice


class NewMerger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The handle of an author of an archive whose posts are those of the member."""

    author: Name


StateWord = Literal["ok", "warning", "wrong"]


class ServiceState(Struct, frozen=True, kw_only=True):
    """How the service is doing. Times are of the oldest thing that waits; `disk_free` and `disk_size` are bytes.

    `states` has a word for each of mail, jobs, disk and backup.
    """

    version: str
    python: str
    database: str
    database_size: int
    disk_free: int
    disk_size: int
    has_mail_server: bool
    mail_held_since: datetime | None
    mail_last_sent: datetime | None
    mail_waiting: int
    mail_oldest: datetime | None
    mail_failed: int
    mail_given_up: int
    failing_addresses: int
    jobs_due: int
    jobs_oldest: datetime | None
    jobs_given_up: int
    search_waiting: int
    maintenance_since: datetime | None
    last_backup: datetime | None
    has_recent_backup: bool
    is_secure: bool
    has_own_community: bool
    states: dict[str, StateWord]


StepName = Literal["mail", "community", "rules", "imprint", "moderator", "administrators", "backup"]


class FirstStep(Struct, frozen=True, kw_only=True):
    """One first step of a community, and whether it is done."""

    name: StepName
    is_done: bool


class Overview(Struct, frozen=True, kw_only=True):
    """The home of administrators: the first steps, the state of the service, and numbers of accounts."""

    steps: list[FirstStep]
    service: ServiceState
    members: int
    unverified: int
    suspended: int
