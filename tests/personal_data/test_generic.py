"""Names are taken out of others' texts: mentions, links to the profile and quotations of this member, and of nobody else."""

import pytest

from personal_data.generic import handle_pattern, unname_texts
from storage.personal_data import Erasure
from tests.support.people import a_person
from tests.support.requests import GATHERING
from tests.support.service import Service, raw_sql


@pytest.mark.parametrize(
    ("handle", "before", "after"),
    [
        ("amina-1", "@amina-1, hello", "@deleted-member, hello"),
        ("amina-1", "Thanks,@Amina-1.", "Thanks,@deleted-member."),
        ("amina-1", "@amina-12 and @amina-1-2 and @amina-1_b", "@amina-12 and @amina-1-2 and @amina-1_b"),
        ("amina-1", '<a href="/m/amina-1" class="mention">', '<a href="/m/deleted-member" class="mention">'),
        ("amina-1", "/m/amina-12 amina-1", "/m/amina-12 amina-1"),
        ("amina-1", "> [Amina (A.), #3](/p/7):", "> [Former member, #3](/p/7):"),
        ("amina-1", "Amina (A.), #3 said", "Amina (A.), #3 said"),
        ("李明", "请@李明看, ＠李明", "请@deleted-member看, ＠deleted-member"),
    ],
)
async def test_only_this_members_name_is_taken_out(
    app: Service, handle: str, before: str, after: str
) -> None:
    found = await raw_sql(app.db).fetchval(
        "SELECT without_name($1, $2, $3)", before, handle_pattern(handle), r"Amina \(A\.\)"
    )
    assert found == after


ERASURE = Erasure(
    member=99,
    handle="amina-99",
    name="Amina (A.)",
    email=None,
    address=None,
    former=1,
    deletes=frozenset(),
    held_cases=[],
    held_posts=[],
    held_topics=[],
    held_files=[],
)


async def test_names_are_taken_out_of_translations(app: Service) -> None:
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    gathering = (await ada.post("/gatherings", GATHERING | {"sector": "mobility"})).json()["id"]
    words = {"fr": {"title": "Diligence", "description": "Avec @amina-99."}}
    assert (await ada.patch(f"/gatherings/{gathering}", {"translations": words})).status_code == 200

    async with app.db.begin() as tx:
        await unname_texts(tx, ERASURE)

    read = (await ada.get(f"/gatherings/{gathering}")).json()
    assert read["translations"]["fr"]["description"] == "Avec @deleted-member."
