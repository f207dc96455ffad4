"""Taxonomies: the community's lists of terms, as its data file has them."""

from collections.abc import Sequence

import msgspec

from boards.shapes import Taxonomy, Term
from storage.database import Reader, Transaction
from storage.statements import statement

_ALL = statement("SELECT slug, name, terms FROM taxonomies ORDER BY slug")
_PUT = statement("""
INSERT INTO taxonomies (slug, name, terms) VALUES (:slug, :name, CAST(:terms AS jsonb))
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, terms = excluded.terms
""")


async def find_taxonomies(tx: Reader) -> dict[str, Taxonomy]:
    """All lists, by slug."""
    rows = await tx.rows(_ALL)
    return {
        row["slug"]: Taxonomy(
            slug=row["slug"], name=row["name"], terms=msgspec.convert(row["terms"], list[Term])
        )
        for row in rows
    }


async def put_taxonomies(tx: Transaction, wanted: Sequence[Taxonomy]) -> None:
    """Bring the lists to what the file says. One that the file no longer has stays: answers may name its terms."""
    for one in wanted:
        terms = msgspec.json.encode(one.terms).decode()
        await tx.run(_PUT, slug=one.slug, name=one.name, terms=terms)
