"""What an erasure does by the declarations alone: rows are deleted, ids become NULL, others' texts lose the name."""

import re
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    null,
    or_,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from personal_data.declarations import PERSONAL_DATA
from storage.database import Transaction
from storage.personal_data import Erasure, TableData
from storage.statements import Statement, statement

# So many rows of a large table are searched for the name at a time.
STEP = 20_000

_JSON = frozenset({"fields", "passages", "titles", "translations"})
_NOT_PLAIN = re.compile(r"[^\w\s]")
_MEMBER = bindparam("member", type_=BigInteger)


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text)


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)


def _delete(name: str, of: str) -> Statement:
    return statement(delete(table(name, column(of))).where(column(of) == _MEMBER))


def _unname(name: str, of: str) -> Statement:
    found = table(name, column(of))
    return statement(update(found).where(column(of) == _MEMBER).values({of: null()}))


def _rewrite(name: str, declared: TableData) -> Statement:
    found = table(name, *(column(one) for one in declared.mentions.split()))
    changes: dict[str, ColumnElement[Any]] = {}
    conditions = []
    for one in found.c:
        text = cast(one, Text)
        changed = func.without_name(text, _text("handle_pattern"), _text("name_pattern"))
        changes[one.name] = cast(changed, JSONB) if one.name in _JSON else changed
        conditions += [
            func.strpos(func.lower(text), _text("handle")) > 0,
            func.strpos(text, _text("quoted")) > 0,
        ]
    query = update(found).where(or_(*conditions)).values(changes)
    if by := declared.mentions_by:
        query = query.where(column(by) >= _number("first"), column(by) < _number("last"))
    return statement(query)


_TABLES = PERSONAL_DATA.tables
# The row of the member itself comes last, as others refer to it.
_DELETIONS = [_delete(name, one.member) for name, one in _TABLES.items() if one.member and name != "members"]
_UNNAMINGS = [_unname(name, of) for name, one in _TABLES.items() for of in one.unnamed.split()]
_REWRITINGS = [(one, _rewrite(name, one)) for name, one in _TABLES.items() if one.mentions]
_SELECT_POSTS_WITH_NAME = statement("""
SELECT id FROM posts WHERE id >= :first AND id < :last AND (strpos(lower(body), :handle) > 0 OR strpos(body, :quoted) > 0
    OR strpos(lower(html), :handle) > 0 OR strpos(html, :quoted) > 0)
""")
_SELECT_LAST_POST = statement("SELECT coalesce(max(id), 0) FROM posts")


def handle_pattern(handle: str) -> str:
    """Return a regular expression of PostgreSQL for a handle and no longer one. In scripts without spaces, the text goes on
    directly after a handle."""
    plain = _NOT_PLAIN.sub(r"\\\g<0>", handle)
    return plain + r"(?![-_]*[[:alnum:]])" if handle.isascii() else plain


async def delete_rows(tx: Transaction, member: int) -> None:
    """Delete all rows about a member but that of the member, and set what refers to the member elsewhere to NULL."""
    for query in (*_DELETIONS, *_UNNAMINGS):
        await tx.run(query, member=member)


async def unname_texts(tx: Transaction, erasure: Erasure) -> list[int]:
    """Take `@handle`, links to the profile and the name of quotations out of all texts; return the posts that may have had
    one of them."""
    binds = {
        "handle_pattern": handle_pattern(erasure.handle),
        "name_pattern": _NOT_PLAIN.sub(r"\\\g<0>", erasure.name),
        "handle": erasure.handle.lower(),
        # As in `[Name, #12](/p/34)`.
        "quoted": f"{erasure.name}, #",
    }
    end = int(await tx.value(_SELECT_LAST_POST)) + 1
    spans = [{"first": first, "last": first + STEP} for first in range(0, end, STEP)]
    found = []
    for span in spans:
        names = {name: binds[name] for name in ("handle", "quoted")}
        found += [row["id"] for row in await tx.rows(_SELECT_POSTS_WITH_NAME, **names, **span)]
    for declared, query in _REWRITINGS:
        for span in spans if declared.mentions_by else ({},):
            await tx.run(query, **binds, **span)
    return found


def words_of(erasure: Erasure) -> list[str]:
    """Return what the member was called, each as long as it is no everyday word by itself."""
    return [word for word in (erasure.handle, erasure.name, erasure.address) if word and len(word) > 2]
