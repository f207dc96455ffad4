"""Tests of the language of problem documents: titles and details follow it, codes and names of fields never do."""

import pytest
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    PermissionDeniedException,
    ValidationException,
)

from core.errors import Conflict
from core.languages.texts import speaking
from gatherings.notices.policy import TooManyColumns
from tertulia.http.errors import problem_of
from tertulia.http.request_context import UnknownParameter
from tests.support.languages.pseudo import ACCENTED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Conflict(), "conflict"),
        (TooManyColumns(most=12), "too_many_columns"),
        (UnknownParameter.of("x", {"after"}), "unknown_parameter"),
        (UnknownParameter.of("x", ()), "unknown_parameter"),
        (NotFoundException(), "not_found"),
        (MethodNotAllowedException(), "method_not_allowed"),
        (PermissionDeniedException(), "denied"),
        (HTTPException(status_code=400), "malformed"),
        (HTTPException(status_code=418), "malformed"),
        (ValidationException(extra=[{"key": "after", "source": "query"}]), "invalid"),
        (ValidationException(extra=[{"key": "x", "message": "must be matching regex"}]), "invalid"),
        (RuntimeError("a secret"), "internal"),
    ],
)
def test_every_problem_is_told_in_the_language_of_the_request(error: Exception, code: str) -> None:
    with speaking(ACCENTED):
        problem, _ = problem_of(error)

    assert problem.code == code
    for text in (problem.title, problem.detail):
        assert text.startswith("⟦") and text.endswith("⟧")
        assert text.count("⟦") == 1, "translated once, and as a whole"
