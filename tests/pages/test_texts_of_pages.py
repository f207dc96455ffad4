"""Every page as every role shows nothing that did not go through the catalogues, seen in the pseudo-language."""

from collections import defaultdict

import pytest

from tests.support.languages.names import names_in
from tests.support.languages.pages import pseudo_languages
from tests.support.languages.pseudo import ACCENTED
from tests.support.languages.untranslated import untranslated
from tests.support.pages import BROWSER
from tests.support.service import Service
from tests.support.world import a_world, readable_addresses

# Titles and answers of the world, and the words that boards and rooms have got from whoever made them.
WRITTEN = {
    *(
        "Main room",
        "Cobalt in practice",
        "Good practice",
        "Offer: a lab",
        "pteranodon",
        "in:mobility",
        "Case",
        "Paper",
    ),
    *(
        "Offers",
        "Needs",
        "Announcements",
        "Contacts",
        "Kind of case",
        "Impact areas",
        "Country",
        "Amount",
        "Since",
    ),
    *("What it is", "Source", "Said in", "Cobalt", "3tg", "Newcomer", "Author", "Which?"),
    *("Cobalt tracing", "Casinos", "Regions of"),
}
ROLES = ("visitor", "unverified", "member", "moderator", "host", "administrator")

__all__ = ["pseudo_languages"]


@pytest.mark.usefixtures("pseudo_languages")
@pytest.mark.parametrize("role", ROLES)
async def test_pages_are_translated(app: Service, role: str) -> None:
    """Slow: every page of the service is read."""
    world = await a_world(app)
    names = names_in(app, *WRITTEN, *(each.handle for each in (*world.people.values(), world.author) if each))
    person = world.people[role]
    client = person.client if person else app.client()
    found = defaultdict(list)
    for address in readable_addresses(world):
        if address.startswith("/api/"):
            continue
        page = f"{address}{'&' if '?' in address else '?'}lang={ACCENTED.tag}"
        response = await client.get(page, headers=BROWSER, follow_redirects=False)
        if response.headers.get("content-type", "").startswith("text/html"):
            assert response.headers["content-language"] == ACCENTED.lang, address
            for text in untranslated(response.text, names):
                found[text].append(address)
    assert not found, "\n".join(f"{text!r} on {', '.join(where[:3])}" for text, where in found.items())
