"""Tests of the names of languages."""

from members.emails.translations import LANGUAGES
from pages.shell.language_names import LANGUAGE_NAMES


def test_every_language_of_emails_has_a_name() -> None:
    assert set(LANGUAGES) - LANGUAGE_NAMES.keys() == set(), "add its name to pages/shell/language_names.py"
