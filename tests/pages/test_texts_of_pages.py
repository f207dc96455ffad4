"""Every page as every role shows nothing that did not go through the catalogues, seen in the pseudo-language."""

import re
from collections import defaultdict
from collections.abc import Iterator

import msgspec
import pytest

from core.languages import languages as known
from core.languages.languages import ENGLISH, all_languages
from core.text_encodings import ENCODINGS
from members.profiles.countries import countries_in
from moderation.reasons.reasons import Templates
from tests.support.languages.pseudo import ACCENTED
from tests.support.languages.untranslated import names_pattern, untranslated
from tests.support.pages import BROWSER
from tests.support.service import Service
from tests.support.world import World, a_world, readable_addresses

ROLES = ("visitor", "unverified", "member", "moderator", "host", "administrator")
# What is said in every language as it is: formats, standards and zones.
NAMES = {"BibTeX", "CSL-JSON", "CSV", "JSON", "JSON-LD (DCAT)", "XLSX", "Markdown", "UTC", "Europe/Vienna"}
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


@pytest.fixture
def pseudo_language(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = {"en": ENGLISH, ACCENTED.tag: ACCENTED}
    for module in ("tertulia.http.languages", "core.languages.negotiation", "pages.shell.assets"):
        monkeypatch.setattr(f"{module}.languages", lambda: spoken)
    monkeypatch.setattr(known, "languages", lambda: spoken)


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings_in(each)


def names_in(app: Service, world: World) -> re.Pattern[str]:
    """Return what members, the community's file and CLDR name."""
    names = {*NAMES, *WRITTEN, *ENCODINGS, *(each.name for each in all_languages().values())}
    names |= {name for _, name in countries_in(ACCENTED)}
    community = set(strings_in(msgspec.to_builtins(app.contexts[0].community)))
    names |= community | {name.replace("-", " ") for name in community}
    names |= set(strings_in(msgspec.to_builtins(Templates().current())))
    names |= {str(place) for place in world.places.values()} | {world.author.handle}
    names |= {person.handle for person in world.people.values() if person}
    return names_pattern(names)


@pytest.mark.usefixtures("pseudo_language")
@pytest.mark.parametrize("role", ROLES)
async def test_pages_are_translated(app: Service, role: str) -> None:
    """Slow: every page of the service is read."""
    world = await a_world(app)
    names = names_in(app, world)
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
