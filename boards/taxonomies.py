"""Taxonomies: the community's lists of terms, copied from its data file to the database at the start."""

from collections.abc import Sequence

import msgspec

from boards.shapes import Taxonomy, Term
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_TAXONOMIES = statement("SELECT slug, name, terms FROM taxonomies ORDER BY slug")
UPSERT_TAXONOMY = statement("""
INSERT INTO taxonomies (slug, name, terms) VALUES (:slug, :name, CAST(:terms AS jsonb))
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, terms = excluded.terms
""")


async def find_taxonomies(tx: Reader) -> dict[str, Taxonomy]:
    """Return all taxonomies by slug."""
    rows = await tx.rows(SELECT_TAXONOMIES)
    return {
        row["slug"]: Taxonomy(
            slug=row["slug"], name=row["name"], terms=msgspec.convert(row["terms"], list[Term])
        )
        for row in rows
    }


async def put_taxonomies(tx: Transaction, taxonomies: Sequence[Taxonomy]) -> None:
    """Insert or update the taxonomies of the data file; those that it no longer has stay, as entries may use their terms."""
    for taxonomy in taxonomies:
        terms = msgspec.json.encode(taxonomy.terms).decode()
        await tx.run(UPSERT_TAXONOMY, slug=taxonomy.slug, name=taxonomy.name, terms=terms)
