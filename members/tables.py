"""The database tables of members, sessions, duties, notifications and e-mails."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    column,
    func,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables import metadata

members = Table(
    "members",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("handle", Text, nullable=False),
    # Equal for handles that look alike (members/handles.py).
    Column("skeleton", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    # The address that the member entered; unique among verified addresses only.
    Column("email", Text),
    Column("email_verified_at", DateTime(timezone=True)),
    Column("password_hash", Text),
    # The member's secret, which only the password can decrypt (members/accounts/passwords.py).
    Column("secret_salt", LargeBinary),
    Column("sealed_secret", LargeBinary),
    Column("organisation", Text, nullable=False, server_default=""),
    Column("stakeholder_group", Text),
    Column("country", Text),
    Column("sectors", ARRAY(Text), nullable=False, server_default="{}"),
    Column("stages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("materials", ARRAY(Text), nullable=False, server_default="{}"),
    Column("languages", ARRAY(Text), nullable=False, server_default="{}"),
    # The language of e-mails; NULL for the community's first language.
    Column("letters_in", Text),
    # The order of posts in topics.
    Column("post_order", Text, nullable=False, server_default="tree"),
    Column("about", Text, nullable=False, server_default=""),
    Column(
        "public",
        ARRAY(Text),
        nullable=False,
        server_default="{organisation,stakeholder_group,country,sectors,languages,about}",
    ),
    # When a moderator hid the free-text fields of the profile.
    Column("profile_hidden_at", DateTime(timezone=True)),
    Column("is_claimed", Boolean, nullable=False, server_default="true"),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("silenced_until", DateTime(timezone=True)),
    # The computed trust level, a level granted by an administrator, the next computation, and the end of the grace period.
    Column("trust", SmallInteger, nullable=False, server_default="0"),
    Column("trust_given", SmallInteger),
    Column("trust_due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("trust_kept_until", DateTime(timezone=True)),
    # An address of the member that refused an e-mail for good, and since when; NULL once an address is verified again.
    Column("failing_address", Text),
    Column("failing_since", DateTime(timezone=True)),
    Column("version", Integer, nullable=False, server_default="1"),
    # The name of the picture that is shown; NULL while the profile is hidden.
    Column("picture", Text),
    CheckConstraint("post_order IN ('tree', 'time')"),
    CheckConstraint("(failing_address IS NULL) = (failing_since IS NULL)", name="members_failing_since"),
)

# A view: authors as every reader may see them, the stakeholder group only if the member has made it public.
public_authors = table(
    "public_authors",
    column("id", BigInteger),
    column("handle", Text),
    column("display_name", Text),
    column("group", Text),
    column("picture", Text),
)

# Pictures of members in two sizes, as WebP. One that is hidden with its profile stays here.
member_pictures = Table(
    "member_pictures",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("small", LargeBinary, nullable=False),
    Column("large", LargeBinary, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    # The member's secret, which only this session's token can decrypt.
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("user_agent", Text, nullable=False, server_default=""),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
)

mailed_links = Table(
    "mailed_links",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("token_hash", LargeBinary, unique=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE")),
    Column("purpose", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    Column("spent_at", DateTime(timezone=True)),
    # Of tokens in e-mails that were sent again because nobody knows whether they had arrived: they are valid too.
    Column("earlier_hashes", ARRAY(LargeBinary), nullable=False, server_default="{}"),
    # The path of the page that asked for an account: whoever has confirmed the address goes on there.
    Column("onward", Text, nullable=False, server_default=""),
    CheckConstraint("purpose IN ('verify', 'reset', 'found')"),
)

duties = Table(
    "duties",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("duty", Text, nullable=False),
    Column("sector_id", BigInteger, ForeignKey("sectors.id", ondelete="CASCADE")),
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id", ondelete="CASCADE")),
    Column("granted_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("duty IN ('administrator', 'moderator', 'host')"),
    CheckConstraint("(duty = 'moderator') = (sector_id IS NOT NULL)"),
    CheckConstraint("(duty = 'host') = (gathering_id IS NOT NULL)"),
    UniqueConstraint("member_id", "duty", "sector_id", "gathering_id", postgresql_nulls_not_distinct=True),
)

# Members of committees; the committees themselves are in the community's file.
body_members = Table(
    "body_members",
    metadata,
    Column("body", Text, primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
)

# Which versions of the community pages a member accepted when joining (members/accounts/consents.py).
consents = Table(
    "consents",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("page", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("given_at", DateTime(timezone=True), nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # NULL for notifications about a moderation decision or a gathering.
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE")),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE")),
    Column("decision_id", BigInteger, ForeignKey("decisions.id")),
    # The announced gathering that it is about; then it has neither topic nor decision.
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id", ondelete="CASCADE")),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    # The reason as data (forum/notifications/reasons.py); older rows have only the text in `reason`.
    Column("because", JSONB),
    Column("mail_due_at", DateTime(timezone=True)),
    Column("mailed_at", DateTime(timezone=True)),
    # When the member archived it.
    Column("done_at", DateTime(timezone=True)),
    # What it shows of its gathering; NULL as long as that is cancelled.
    Column("title", Text),
    Column("titles", JSONB, nullable=False, server_default="{}"),
    Column("starts_at", DateTime(timezone=True)),
    Column("ends_at", DateTime(timezone=True)),
    CheckConstraint(
        "num_nonnulls(topic_id, decision_id, gathering_id) = 1", name="notifications_are_about_something"
    ),
    CheckConstraint(
        "num_nonnulls(title, starts_at, ends_at) IN (0, 3) AND (title IS NULL OR gathering_id IS NOT NULL)",
        name="notifications_show_whole_gatherings",
    ),
    UniqueConstraint(
        "member_id",
        "kind",
        "topic_id",
        "post_id",
        "decision_id",
        "gathering_id",
        name="notifications_tell_once",
        postgresql_nulls_not_distinct=True,
    ),
)

# Accounts to erase and erased accounts, by id only: the row stays after the member is gone, without a foreign key. Texts of
# the kinds in `deletes` are deleted, others lose the author's name. It can be cancelled until it has begun.
erasures = Table(
    "erasures",
    metadata,
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("deletes", ARRAY(Text), nullable=False),
    Column("begun_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    # SHA-256 of the skeleton of the handle, which nobody else gets.
    Column("handle_hash", LargeBinary),
    CheckConstraint("deletes <@ '{posts,rooms,entries}'"),
    CheckConstraint("ended_at IS NULL OR begun_at IS NOT NULL"),
)

feed_keys = Table(
    "feed_keys",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

# A member's e-mail preferences: at_once, daily, weekly or never.
mail_wishes = Table(
    "mail_wishes",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("direct", Text, nullable=False, server_default="at_once"),
    Column("followed", Text, nullable=False, server_default="daily"),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column(
        "key",
        LargeBinary,
        nullable=False,
        server_default=text("sha256(gen_random_uuid()::text::bytea || gen_random_uuid()::text::bytea)"),
    ),
)

# E-mails that wait to be sent, and for some days those that are done. Neither text nor address is stored: an e-mail is
# written when it is sent, from `facts`, which are ids.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # What it follows from: CHANNEL/SEQ of an event, or the noun and id of a row.
    Column("event", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # member/ID, or address/HASH for somebody who is no member. One e-mail at a time is sent to each.
    Column("recipient", Text, nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE")),
    Column("facts", JSONB, nullable=False),
    # The left half of the Message-ID, the same at every attempt.
    Column("message_id", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("queued_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    # Failures that were about this e-mail; those of the whole mail server do not count.
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failing_since", DateTime(timezone=True)),
    # Codes only: the words of a mail server may contain the address.
    Column("error", Text),
    # Until then one process is sending it; after that it died, and another one sends it again.
    Column("leased_until", DateTime(timezone=True)),
    Column("done_at", DateTime(timezone=True)),
    Column("outcome", Text),
    CheckConstraint("outcome IN ('sent', 'not_needed', 'suppressed', 'failed', 'given_up', 'discarded')"),
    CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="outbox_is_done_or_waits"),
    UniqueConstraint("event", "kind", "recipient", name="outbox_sends_once"),
)
