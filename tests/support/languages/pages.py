"""Pages in the languages that nobody speaks."""

from collections.abc import Iterator

import pytest

from tests.support.languages.marked import speaking_also
from tests.support.languages.pseudo import ACCENTED, MIRRORED
from tests.support.service import Service


@pytest.fixture
def pseudo_languages(app: Service) -> Iterator[None]:
    """Let everybody choose these languages, as in the address by `?lang=en-XA`."""
    with speaking_also(app, ACCENTED, MIRRORED):
        yield
