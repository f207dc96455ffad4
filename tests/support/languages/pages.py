"""Pages in the languages that nobody speaks."""

import pytest

from core.languages.languages import ENGLISH
from tests.support.languages.pseudo import ACCENTED, MIRRORED


@pytest.fixture
def pseudo_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody choose these languages, as in the address by `?lang=en-XA`."""
    spoken = {one.tag: one for one in (ENGLISH, ACCENTED, MIRRORED)}
    for module in ("tertulia.http.languages", "core.languages.negotiation", "pages.shell.assets"):
        monkeypatch.setattr(f"{module}.languages", lambda: spoken)
