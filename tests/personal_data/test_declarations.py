"""The declarations of personal data cover every column of the database, and agree with its foreign keys."""

from collections import Counter

from personal_data.declarations import PERSONAL_DATA
from storage.personal_data import TableData
from tests.support.service import Service, raw_sql

_COLUMNS = """
SELECT c.relname AS of_table, a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
    AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
"""
_REFERENCES = """
SELECT k.conrelid::regclass::text AS of_table, a.attname AS name, k.confrelid::regclass::text AS to_table,
    k.confdeltype AS deleted
FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f' AND cardinality(k.conkey) = 1
"""


def _declared(table: TableData) -> Counter[str]:
    words = [table.member, table.deleted, table.follows, table.unnamed, table.nobody]
    return Counter(" ".join([*words, *table.handled, *table.kept]).split())


async def test_every_column_is_declared_once(app: Service) -> None:
    rows = await raw_sql(app.db).fetch(_COLUMNS)
    columns: dict[str, set[str]] = {}
    for row in rows:
        columns.setdefault(row["of_table"], set()).add(row["name"])
    declared = {name: _declared(table) for name, table in PERSONAL_DATA.tables.items()}

    undeclared = {name: sorted(found - set(declared.get(name, ()))) for name, found in columns.items()}
    assert {name: missing for name, missing in undeclared.items() if missing} == {}, (
        "declare in personal_data.py of the capability whose data the column is and what an erasure does with it"
    )
    unknown = {name: sorted(set(table) - columns.get(name, set())) for name, table in declared.items()}
    assert {name: gone for name, gone in unknown.items() if gone} == {}, "these columns do not exist"
    # What a table has of others can be mentioned too, and a row of the member be handled before it is deleted.
    twice = {name: [column for column, n in table.items() if n > 1] for name, table in declared.items()}
    assert {name: found for name, found in twice.items() if found} == {"saved_searches": ["query"]}


async def test_the_declarations_agree_with_the_foreign_keys(app: Service) -> None:
    rows = await raw_sql(app.db).fetch(_REFERENCES)
    follows = set()
    for row in rows:
        table, column = PERSONAL_DATA.tables[row["of_table"]], row["name"]
        follows |= {row["of_table"]} if row["deleted"] == b"c" else set()
        if row["to_table"] != "members":
            continue
        place = f"{row['of_table']}.{column}"
        handled = {word for words in table.handled for word in words.split()}
        if row["deleted"] == b"c":
            assert column == table.member or column in handled, f"{place}: rows are deleted with the member"
        else:
            assert column in table.unnamed.split() or column in handled, f"{place}: emptied with the member"
    assert {name for name, table in PERSONAL_DATA.tables.items() if table.follows} <= follows


async def test_texts_in_which_members_are_named_exist(app: Service) -> None:
    rows = await raw_sql(app.db).fetch(_COLUMNS)
    known = {(row["of_table"], row["name"]) for row in rows}
    for name, table in PERSONAL_DATA.tables.items():
        for column in (*table.mentions.split(), *table.mentions_by.split()):
            assert (name, column) in known
