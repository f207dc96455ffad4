"""The main terms of the interface in each language, docs/terms.md, as the catalogues have them.

`python -m tests.support.languages.terms` (part of `make messages`) writes the page.
"""

from core.languages.languages import CATALOGUES, TAGS, all_languages
from tests.support.languages.checks import read
from tests.support.source_code import ROOT

PAGE = ROOT / "docs" / "terms.md"
# The English label and the context in which the catalogues have it.
TERMS: tuple[tuple[str, str | None], ...] = (
    *((term, None) for term in ("Sector", "Topics", "Tag", "Drafts", "Inbox")),
    *(
        (term, "noun")
        for term in ("Topic", "Posts", "Question", "Answer", "Notice", "Entry", "Stage", "Host")
    ),
    *((term, "verb") for term in ("Reply", "Quote", "Cite", "Search")),
    *((term, "level") for term in ("Watching", "Tracking", "Normal", "Muted")),
    *((term, None) for term in ("Events", "Programme", "Room", "Cockpit", "Poll", "Noticeboard")),
    *((term, None) for term in ("Stock-take", "Editions", "Curators", "Saved searches", "Handle")),
    *(
        (term, None)
        for term in ("Cases", "Decision", "Appeals", "Automatic filters", "Moderation log", "Audit log")
    ),
    *((term, "decision") for term in ("Suspended", "Silenced", "Hidden", "Locked")),
    *((term, None) for term in ("Moderator", "Administrator", "Member", "Role", "Committee", "Announcement")),
)
_HEAD = """# Terms in each language

One word for one thing in each language, as the catalogues have it; what each thing is, [glossary.md](glossary.md) says.
`make messages` writes this page.

"""


def page() -> str:
    """Return the page as the catalogues have the terms now."""
    tags = [tag for tag in TAGS if tag != "en"]
    texts = {
        tag: {(one.context, one.id): one.string for one in read(CATALOGUES / f"{tag}.po") if one.id}
        for tag in tags
    }
    heads = ["English", *(all_languages()[tag].name for tag in tags)]
    rows = [heads, ["---"] * len(heads)]
    for term, context in sorted(TERMS):
        rows.append([term, *(str(texts[tag][context, term]) for tag in tags)])
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
