"""Tests of HTML mails: their text as readers see it."""

import pytest

from tests.support.archives.mails import HTML, a_mail, read


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ("<p>Try this:</p><pre>for x in y:\n    print(x)\n</pre>", "Try this:\n\nfor x in y:\n    print(x)"),
        ("<ol><li>a<li>b<ul><li>c</ul></ol>", "1. a\n2. b\n  - c"),
        ("a &lt; b <c@d> &amp; &#8217;", "a < b & ’"),
        ("<p>x<blockquote>y<blockquote>z</blockquote></blockquote>", "x\n\n> y\n\n> > z"),
        ('<a title="a > b" href="https://x.org">x</a> <img alt="Map" src="cid:1">', "x <https://x.org> Map"),
        ("<title>t</title><style>p{}</style>a<script>b()</script>c", "ac"),
        ("one<br>two<!-- hidden --> <![if x]>three<![endif]>", "one\ntwo three"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("never <b closed", "never <b closed"),
        # What a reader does not see, and where it is not known what that is.
        ("a<span style='display: none'>x<span>y</span></span>b<p hidden>c<p>d", "ab\n\nd"),
        ("<div style='display:none'>never closed<p>words", "never closed\n\nwords"),
        ("<p style='white-space: pre-wrap'>a\n  b</p>c\nd", "a\n  b\n\nc d"),
        # Programs that mark quotations by a bar, and the mail that is answered by a rule.
        (
            "<div style='border:none;border-left:solid blue 1.5pt'>hers<div>too</div></div>mine",
            "> hers\n> too\n\nmine",
        ),
        ("mine<hr><b>From:</b> Ana", "mine\n" + "_" * 32 + "\nFrom: Ana"),
        # Cells, items and numbers as they are shown.
        ("<table><tr><td><p>A</p></td><td><p>B</p></td></tr><tr><td>C<td>D</table>", "A  B\nC  D"),
        ("<ul><li><p>a</p></li><li><div>b</div><p>c</p></li></ul>", "- a\n\n- b\n\nc"),
        ("<ol start=3><li>c<li>d</ol>", "3. c\n4. d"),
        ("10<sup>3</sup> t CO<sub>2</sub>, note<sup>a</sup>", "10³ t CO₂, notea"),
        ("<a href=https://x.org/y>x</a> <p>供应\n链</p>", "x <https://x.org/y>\n\n供应链"),
        ("<address>a</address><select><option>b<option>c</select>", "a\nb\nc"),
        ("<img src='data:image/svg+xml;utf8,<svg a=\"b\"><text>T</text></svg>'>After", "After"),
    ],
)
def test_html_is_read_as_text(page: str, kept: str):
    assert read(a_mail(page, HTML)).text == kept


def test_words_after_a_large_picture_inside_html_are_kept():
    page = '<p>Intro</p><img src="data:image/png;base64,' + "A" * 3_000_000 + '"><p>After</p>'

    assert read(a_mail(page, HTML)).text == "Intro\n\nAfter"


@pytest.mark.parametrize(
    "meta", ['<meta charset="gb2312">', "<meta http-equiv=x content='text/html; charset=GBK'>"]
)
def test_html_names_its_charset_itself(meta: str):
    assert read(a_mail(f"{meta}<p>供应链".encode("gbk"), "Content-Type: text/html")).text == "供应链"
