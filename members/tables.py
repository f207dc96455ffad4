"""The tables of people."""

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
    # What the handle looks like: two handles that can be taken for each other have the same one (see names.py).
    Column("skeleton", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    # What a member says is the address; unique only among those who have proved it.
    Column("email", Text),
    Column("email_verified_at", DateTime(timezone=True)),
    Column("password_hash", Text),
    # The member's own secret, openable by the password only (see passwords.py).
    Column("secret_salt", LargeBinary),
    Column("sealed_secret", LargeBinary),
    Column("organisation", Text, nullable=False, server_default=""),
    Column("stakeholder_group", Text),
    Column("country", Text),
    Column("sectors", ARRAY(Text), nullable=False, server_default="{}"),
    Column("stages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("materials", ARRAY(Text), nullable=False, server_default="{}"),
    Column("languages", ARRAY(Text), nullable=False, server_default="{}"),
    # The language of letters; without one, the community's.
    Column("letters_in", Text),
    # In which order the posts of a topic are shown, where an address does not say.
    Column("post_order", Text, nullable=False, server_default="tree"),
    Column("about", Text, nullable=False, server_default=""),
    Column(
        "public",
        ARRAY(Text),
        nullable=False,
        server_default="{organisation,stakeholder_group,country,sectors,languages,about}",
    ),
    # Since when what the member says in words of their own is hidden, by a moderator's decision.
    Column("profile_hidden_at", DateTime(timezone=True)),
    Column("is_claimed", Boolean, nullable=False, server_default="true"),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("silenced_until", DateTime(timezone=True)),
    # How far the member is trusted, as reckoned, or as given by an administrator; and how long a level is kept at least.
    Column("trust", SmallInteger, nullable=False, server_default="0"),
    Column("trust_given", SmallInteger),
    Column("trust_due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("trust_kept_until", DateTime(timezone=True)),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("post_order IN ('tree', 'time')"),
)

# A view: authors as every reader may see them, the stakeholder group only if the member has made it public.
public_authors = table(
    "public_authors",
    column("id", BigInteger),
    column("handle", Text),
    column("display_name", Text),
    column("group", Text),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    # The member's secret once more, openable by this session's token only.
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

# Bodies, such as a steering committee, are named in the community's file; here is who sits on them.
body_members = Table(
    "body_members",
    metadata,
    Column("body", Text, primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # A decision of the moderators is told without a topic.
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE")),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE")),
    Column("decision_id", BigInteger, ForeignKey("decisions.id")),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    # Why, as facts (see forum/notifications/reasons.py); or else in words, above.
    Column("because", JSONB),
    Column("mail_due_at", DateTime(timezone=True)),
    Column("mailed_at", DateTime(timezone=True)),
    # Since when it is put away.
    Column("done_at", DateTime(timezone=True)),
    CheckConstraint(
        "(topic_id IS NULL) = (decision_id IS NOT NULL)", name="notifications_are_about_something"
    ),
    UniqueConstraint(
        "member_id",
        "kind",
        "topic_id",
        "post_id",
        "decision_id",
        name="notifications_tell_once",
        postgresql_nulls_not_distinct=True,
    ),
)

feed_keys = Table(
    "feed_keys",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

# How a member likes to be mailed: at_once, daily, weekly, never.
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
