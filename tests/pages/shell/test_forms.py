"""Forms and addresses: values are kept, refusals are explained in words, and redirects stay on this site."""

import pytest

from core.errors import Denied
from forum.shapes import NewTopic
from members.shapes import NewAccount
from pages.shell.forms import FieldNotAcceptable, Form, number_in, to_shape
from pages.shell.urls import safe_next, slug_of


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/\t/evil.example", "/a\r\nSet-Cookie: x",
        "\\\\evil", "/" + "a" * 400, "javascript:alert(1)",
    ],
)  # fmt: skip
def test_redirects_after_sign_in_stay_on_this_site(address: str) -> None:
    assert safe_next(address) == "/"


def test_sign_in_redirects_to_the_previous_page() -> None:
    assert safe_next("/t/812/cobalt?order=time") == "/t/812/cobalt?order=time"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Cobalt tracing: which scheme?", "cobalt-tracing-which-scheme"),
        ("  ", "topic"),
        ("../../etc/passwd", "etc-passwd"),
        ("Ётикет и право", "ётикет-и-право"),
        ("a" * 300, "a" * 60),
        ("ราคาทองแดง ที่ดี", "ราคาทองแดง-ที่ดี"),
        ("हिन्दी में_खनिज", "हिन्दी-में-खनिज"),
        ("e\u0301tude", "étude"),
    ],
)
def test_titles_become_slugs(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "9" * 19, "9" * 5000, "²", "١", " 1"])
def test_form_numbers_contain_only_digits(text: str) -> None:
    assert number_in(text) is None


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"title": "ab", "body": "x"}, "title", "too short"),
        ({"title": "abc", "body": ""}, "body", "Enter something"),
        ({"title": "abc", "body": "x" * 20_001}, "body", "too long"),
        ({"title": "a\x00bc", "body": "x"}, "title", "not acceptable"),
    ],
)
def test_refused_fields_are_named_in_words(facts: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(FieldNotAcceptable) as refused:
        to_shape(NewTopic, facts)
    assert refused.value.field == field
    assert words in refused.value.detail


def test_invalid_addresses_are_refused_in_words() -> None:
    with pytest.raises(FieldNotAcceptable) as refused:
        to_shape(NewAccount, {"handle": "amina", "email": "amina", "password": "a good sentence"})
    assert "e-mail" in refused.value.detail


def test_a_refused_form_keeps_everything_except_passwords() -> None:
    form = Form(typed={"login": ["amina"], "password": ["secret sentence"]}).refuse(Denied(field="login"))
    assert form.value("login") == "amina"
    assert form.value("password") == ""
    assert form.wrong("login") == Denied.message


def test_every_wrong_field_of_a_form_has_its_message() -> None:
    form = Form(typed={"title": ["x"], "body": [""], "kind": ["poem"]})
    with pytest.raises(FieldNotAcceptable) as refused:
        to_shape(NewTopic, {name: values[0] for name, values in form.typed.items()})
    form.refuse(refused.value)

    assert form.wrong_fields.keys() == {"title", "body", "kind"}
    assert "too short" in form.wrong("title", "Title") and "Enter something" in form.wrong(
        "body", "Text", "body2"
    )
    assert form.labels == {"title": ("title", "Title"), "body": ("body2", "Text")}
    assert form.refusal == next(iter(form.wrong_fields.values()))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("title", "title"),
        ("tags[...]", "tags"),
        ("reason.rule", "rule"),
        ("texts.fr", "text_fr"),
        ("texts[...]", "text_en"),
        ("settings.most", "most"),
        ("speakers[...].name", "speakers"),
    ],
)
def test_fields_of_the_api_are_found_in_the_form(path: str, name: str) -> None:
    form = Form(typed={"title": [""], "rule": [""]}, names={"texts": "text_en", "texts.fr": "text_fr"})
    assert form.refuse(Denied(field=path)).wrong(name) == Denied.message
