"""The tables of tags: descriptions, groups and synonyms. The names of a topic's tags are in the table `topics`."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Identity, Table, Text

from storage.tables import metadata

tag_groups = Table(
    "tag_groups",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("one_only", Boolean, nullable=False, server_default="false"),
    Column("for_moderators", Boolean, nullable=False, server_default="false"),
    CheckConstraint("btrim(name) <> ''"),
)

tags = Table(
    "tags",
    metadata,
    Column("name", Text, primary_key=True),
    Column("about", Text, nullable=False, server_default=""),
    Column("group_id", BigInteger, ForeignKey("tag_groups.id", ondelete="SET NULL")),
    Column("synonym_of", Text, ForeignKey("tags.name", onupdate="CASCADE", ondelete="CASCADE")),
    CheckConstraint("synonym_of <> name"),
    CheckConstraint("synonym_of IS NULL OR (group_id IS NULL AND about = '')"),
)
