"""The HTML of posts: text of members is escaped, and everybody sees the buttons that they may use."""

import gzip
import json
import re
from datetime import UTC, datetime
from gettext import NullTranslations
from typing import Any

import pytest
from babel import Locale
from msgspec.structs import replace

from core.languages.languages import make_language
from core.languages.texts import speaking
from forum.shapes import Post
from gatherings.shapes.questions import Question
from members.shapes import Author
from pages.forum.post_html import DEEPEST, SAMPLE, PostPlace, contribution, contributions
from pages.forum.post_texts import post_texts
from pages.gatherings.question_html import RoomPlace, question

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NASTY = "<script>alert(1)</script>\"'&"
AMINA = Author(7, "amina", "Amina", "civil-society")

PAGE = PostPlace(address="/t/812/cobalt")
MEMBER = PostPlace(address="/t/812/cobalt", viewer=7, may_reply=True, may_react=True)


def a_post(number: int = 1, **more: Any) -> Post:
    return Post(
        **{
            "id": number * 10,
            "topic": 812,
            "number": number,
            "parent": None,
            "depth": 0,
            "author": AMINA,
            "posted_at": NOON,
            "edited_at": None,
            "version": 1,
            "state": "published",
            "markup": "markdown",
            "html": "<p>Which scheme?</p>",
            "reactions": {},
            "replies": 0,
            **more,
        }
    )


def test_names_handles_and_groups_are_escaped() -> None:
    post = a_post(author=Author(1, NASTY, NASTY, NASTY), parent=10)
    answered = a_post(2, parent=10, author=None)
    shown = contributions([post, answered], MEMBER)
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") >= 3


def test_the_name_of_an_asker_is_escaped() -> None:
    asked = Question(
        id=5, room=1, post=9, state="live", votes=3, version=1, settled_at=None, number=4, body="x", html="<p>x</p>",
        author=Author(1, NASTY, NASTY, NASTY), anonymous=False, asked_at=NOON, my_vote=0, mine=False,
    )  # fmt: skip
    assert "<script" not in question(asked, RoomPlace(room=1, topic="/t/9/room", may_vote=True, is_host=True))


def test_visitors_see_counts_without_buttons() -> None:
    shown = contribution(a_post(reactions={"agree": 3}), PAGE)
    assert "Agree <i>3</i>" in shown
    assert "<button" not in shown and "Reply</a>" not in shown


def test_members_are_offered_every_reaction_once() -> None:
    other = replace(AMINA, id=8)
    for reactions in ({}, {"agree": 3}):
        shown = contribution(a_post(author=other, reactions=reactions, mine=list(reactions)), MEMBER)
        for kind in ("agree", "thanks", "competent", "curious", "kind"):
            assert shown.count(f'value="10 {kind} ') == 1
        assert shown.count('aria-pressed="true"') == len(reactions)


def test_authors_see_the_counts_of_their_own_posts_without_buttons() -> None:
    shown = contribution(a_post(reactions={"agree": 3}, mine=[]), MEMBER)
    assert "Agree <i>3</i>" in shown and 'name="set"' not in shown
    sample = contribution(replace(a_post(), id=SAMPLE), MEMBER)
    assert sample.count('name="set"') == 5, "the script takes away what does not fit a post"


def test_only_the_author_sees_the_edit_button() -> None:
    assert "/p/20/edit" in contribution(a_post(2), MEMBER)
    assert "/p/20/withdraw" in contribution(a_post(2), MEMBER)
    assert "/p/10/withdraw" not in contribution(a_post(1), MEMBER), "the first post belongs to the topic"
    assert "/edit" not in contribution(a_post(2, author=replace(AMINA, id=8)), MEMBER)
    assert "/p/20/flag" in contribution(a_post(2, author=replace(AMINA, id=8)), MEMBER)
    assert "/flag" not in contribution(a_post(2), MEMBER), "one's own is withdrawn, not reported"
    assert "/edit" not in contribution(a_post(2, markup="mail"), MEMBER)


def test_a_withdrawn_post_leaves_a_note_that_its_author_can_undo() -> None:
    gone = a_post(2, html=None, state="withdrawn", author=replace(AMINA, id=8))
    assert "The author withdrew this post." in contribution(gone, MEMBER)
    assert "<button" not in contribution(gone, MEMBER)
    assert 'name="restore" value="20"' in contribution(replace(gone, author=AMINA), MEMBER)


def test_moderators_see_that_a_post_is_hidden_from_others() -> None:
    assert ">Hidden</span>" in contribution(a_post(2, state="hidden"), MEMBER)


def test_deep_replies_are_folded_into_their_branch() -> None:
    chain = [a_post(1)] + [a_post(n, parent=(n - 1) * 10, depth=n - 1) for n in range(2, 10)]
    shown = contributions(chain, PAGE)
    assert shown.count('<details class="branch"') == 1
    assert f"{9 - DEEPEST - 1} more replies in this branch" in shown
    assert f"?branch={DEEPEST + 1}" in shown
    assert '<details class="branch" open' in contributions(chain, replace(PAGE, here=8)), (
        "the post asked for is in sight"
    )
    assert "<details" not in contributions(chain, replace(PAGE, in_tree=False)), (
        "nothing is folded in time order"
    )


def test_a_separate_branch_starts_without_indentation() -> None:
    branch = [a_post(6, parent=50, depth=5), a_post(7, parent=60, depth=6)]
    shown = contributions(branch, replace(PAGE, base=5))
    assert 'class="post d0"' in shown and 'class="post d1"' in shown and "<details" not in shown


@pytest.mark.parametrize(("before", "hidden"), [(True, True), (False, False)])
def test_screen_readers_hear_which_post_is_answered(before: bool, hidden: bool) -> None:
    answer = a_post(3, parent=10, depth=1)
    posts = [a_post(1), answer] if before else [a_post(1), a_post(2, parent=10, depth=1), answer]
    shown = contributions(posts, PAGE).rpartition('id="p3"')[2]
    assert 'in reply to <a href="#p1">#1 <bdi>Amina</bdi></a>' in shown
    assert ('class="answers unseen"' in shown) is hidden


class Bracketed(NullTranslations):
    """Translations that put each text in brackets."""

    def gettext(self, message: str) -> str:
        return f"[{message}]"

    def pgettext(self, context: str, message: str) -> str:
        return f"[{message}]"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"[{msgid1 if n == 1 else msgid2}]"


BRACKETED = make_language("brackets", Bracketed(), Locale("ar"))


def untranslated(html: str) -> str:
    """Return the words of a page outside of brackets, apart from names, dates and what members wrote."""
    text = re.sub(r"<time.*?</time>|<p>Which scheme\?</p>|<[^>]*>", "", html)
    return re.sub(r"\[[^]]*\]|Amina|civil-society|[^A-Za-z]", " ", text).strip()


def test_posts_speak_the_language_of_the_reader() -> None:
    other = replace(AMINA, id=8)
    everything = replace(
        MEMBER, is_moderator=True, may_move=True, may_share=True, may_answer=True, answer=20, in_tree=True
    )
    posts = [
        a_post(1, edited_at=NOON, is_shared=True, is_cited=True, reactions={"agree": 3}),
        a_post(2, author=other, parent=10, depth=1, reactions={"agree": 3}, mine=["agree"]),
        a_post(3, author=None, parent=5, depth=0),
        a_post(4, state="hidden", html=None),
        a_post(5, state="withdrawn", html=None),
        *(a_post(n, parent=(n - 1) * 10, depth=n - 1, author=other) for n in range(6, 9)),
    ]
    for place in (everything, PAGE):
        assert "Reply" in untranslated(contributions(posts, MEMBER))
        with speaking(BRACKETED):
            shown = contributions(posts, place)
        assert untranslated(shown) == ""
        assert "[in reply to <a" in shown and "[3 more replies in this branch]" in shown


def test_the_script_of_a_page_gets_the_texts_of_its_language() -> None:
    with speaking(BRACKETED):
        words = json.loads(post_texts().for_script)
    assert words["kinds"]["agree"] == "[Agree]" and words["texts"]["edited"] == "[edited %(time)s]"


@pytest.mark.parametrize(
    ("language", "page", "said"),
    [
        ("fr", "en", ' lang="fr">'),
        ("en", "en", ">"),
        (None, "en", ">"),
        ("zh", "zh", ">"),
        ("zh-Hans", "zh", ">"),
        ("zh-Hant", "zh", ' lang="zh-Hant">'),
        ("pt", "pt", ">"),
        ("pt-BR", "pt", ' lang="pt-BR">'),
    ],
)
def test_a_text_in_another_language_than_the_page_says_so(language: str | None, page: str, said: str) -> None:
    with speaking(make_language(page, NullTranslations())):
        shown = contribution(a_post(language=language), PAGE)
    assert f'<div class="said" dir="auto"{said}<p>Which scheme?</p>' in shown


@pytest.mark.parametrize("has_pictures", [False, True])
def test_fifty_faces_of_fifty_people_add_little_to_a_page(has_pictures: bool) -> None:
    """At most 1.5 kB, compressed."""
    people = [
        Author(
            n,
            f"member-{n}",
            f"{chr(65 + n % 26)}da {chr(97 + n % 25)}ov",
            picture=f"{n * 0x9E3779B97F4A7C15:x}"[:16],
        )
        for n in range(1, 51)
    ]
    if not has_pictures:
        people = [replace(one, picture=None) for one in people]
    posts = [a_post(n, author=one) for n, one in enumerate(people, 1)]
    page = contributions(posts, PAGE)
    bare = re.sub(r'<i class="face[^>]*></i>|<img class="face[^>]*>', "", page)
    assert len(bare) < len(page)
    assert len(gzip.compress(page.encode(), 6)) - len(gzip.compress(bare.encode(), 6)) <= 1_500
