"""Tests of Markdown and e-mail rendering: the HTML is readable, safe, limited in size, and unchanged by sanitizing again."""

import contextlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.text import sanitizer
from forum.text.markdown import Reference, TooIntricate, render, render_mail, sanitize
from tests.forum.processor_time import least_seconds

LENGTH = 20_000
ALLOWED = sanitizer.ATTRIBUTES["*"] | {"class", "rel", "align", "type", "disabled"}


class Inspector(HTMLParser):
    """Collects what a browser would find that must not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in sanitizer.TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ALLOWED | sanitizer.ATTRIBUTES.get(tag, set()):
                self.wrong.append(f"{tag}@{name}")
            if name == "class" and not set((value or "").split()) <= sanitizer.ALLOWED_CLASSES.get(
                tag, set()
            ):
                self.wrong.append(f"{tag}.{value}")
            if name == "href" and not re.match(r"https?:|mailto:|/(?![/\\])|#", value or "", re.I):
                self.wrong.append(f"{tag}@href={value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"<!{decl}")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"<?{data}")


def found_in(html: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.wrong


def test_what_people_write_comes_out_as_they_meant_it():
    html = render("# Scope\n\nA ~~b~~ **c** <b> &\n\n- [x] done\n\n|a|b|\n|-|-:|\n|1|2|\n").html

    assert "<h3>Scope</h3>" in html
    assert "<del>b</del> <strong>c</strong> &lt;b&gt; &amp;" in html
    assert '<td align="right">2</td>' in html
    assert '<input type="checkbox" checked="" disabled=""> done' in html


def test_mentions_and_own_links_are_found_outside_of_links_and_code():
    rendered = render(
        "@ana, see /t/812 and /t/812/cobalt/14 or #3, `@bob` [@carl](https://x.org) mail@dora.org http://x.org/@eve "
        "https://forum.org/t/9/slug/2 &#35;77 path/t/5 @ana @Zoë-X @ab",
        topic=7,
        site="https://forum.org",
    )

    assert rendered.mentions == ("ana", "zoë-x", "ab")
    assert rendered.links == (
        Reference(812),
        Reference(812, 14),
        Reference(7, 3),
        Reference(9, 2),
        Reference(7, 77),
    )
    assert rendered.html.count('class="mention"') == 4
    assert '<a href="/t/9/slug/2" ' in rendered.html


def test_without_a_topic_a_number_stays_a_number():
    assert render("see #14").html == "<p>see #14</p>\n"


def test_every_link_out_says_that_others_wrote_it():
    html = render("https://x.org [y](http://y.org) <https://z.org> @anna").html

    assert html.count('rel="nofollow ugc noopener"') == html.count("<a ") == 4


def test_images_are_links_and_nothing_foreign_is_loaded():
    html = render(
        "![a map](https://x.org/m.png) [![badge](https://b.org/b.svg)](https://ci.org) ![](http://t.org/p.gif)"
    ).html

    assert "<img" not in html
    assert "src=" not in html
    assert '<a href="https://x.org/m.png" rel="nofollow ugc noopener">a map</a>' in html
    assert '<a href="https://ci.org" rel="nofollow ugc noopener">badge</a>' in html


def test_footnotes_of_two_posts_on_a_page_do_not_meet():
    one, other = render("a[^1]\n\n[^1]: x").html, render("b[^1]\n\n[^1]: y").html
    given_prefix = render("a[^1]\n\n[^1]: x", prefix="p14-").html

    ids = [re.findall(r' id="([^"]+)"', html) for html in (one, other, given_prefix)]
    assert all(ids)
    assert len({i for each in ids for i in each}) == sum(map(len, ids))
    assert ids[2] == ["p14-fnref-1", "p14-fn-1"]
    for html in (one, other, given_prefix):
        assert set(re.findall(r'href="#([^"]+)"', html)) == set(re.findall(r' id="([^"]+)"', html))


def test_code_in_known_languages_is_coloured_and_in_others_plain():
    html = render("```python\ndef f(x): return '<b>' # 1\n```\n\n```klingon\ndef\n```").html

    assert '<code class="language-python"><span class="k">def</span> f(x):' in html
    assert '<span class="s">\'&lt;b&gt;\'</span> <span class="c"># 1</span>' in html
    assert "<pre><code>def\n</code></pre>" in html


XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi xlink:href=javascript:alert(1)>x</mi></math>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A;&#x61;vascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    '[x](https://a.b "onmouseover=alert(1)")',
    '[x](https://a.b "\\" onmouseover=\\"alert(1)")',
    '[x](https://a.b" onmouseover="alert(1))',
    '![" onerror="alert(1)](x)',
    "[x]: javascript:alert(1)\n\n[x]",
    '[x]: https://a.b "\\"><script>alert(1)</script>"\n\n[x]',
    '```"><script>alert(1)</script>\nx\n```',
    '``` x" onload=alert(1)\nx\n```',
    '```python"onload="x\n\n```',
    "`<script>alert(1)</script>`",
    '[^"><script>alert(1)</script>]\n\n[^"><script>alert(1)</script>]: x',
    '[^x" onload="a]\n\n[^x" onload="a]: y',
    "|<script>alert(1)</script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "<style>*{background:url(//e.org)}</style>",
    "<div style=position:fixed>x</div>",
    "<base href=//e.org>",
    "<meta http-equiv=refresh content=0;url=//e.org>",
    "<form action=//e.org><input name=p>",
    "<object data=//e.org>",
    "<embed src=//e.org>",
    "<link rel=stylesheet href=//e.org>",
    "<video><source onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    "<textarea></textarea><script>alert(1)</script>",
    "<x onclick=alert(1)>",
    "<p id=location name=cookie class=admin>",
    "[x](//evil.org)",
    "[x](/\\evil.org)",
    "[x](\\\\evil.org)",
    'https://a.b/"onmouseover=alert(1)',
    'www.a.b"onclick=alert(1)',
    'a@b.c"onclick=alert(1)',
    '@ana"onclick=alert(1)',
    "@<script>alert(1)</script>",
    '/t/1"onclick=alert(1)',
    "#1<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "\u2028<script>alert(1)</script>",
    "<a href='feed:javascript:alert(1)'>",
    "[x](view-source:javascript:1)",
]


@pytest.mark.parametrize("payload", XSS)
def test_what_is_meant_to_run_comes_out_inert(payload: str):
    for html in (
        render(payload, topic=1).html,
        render(f"> {payload}\n\n- a\n\n  {payload}\n", topic=1).html,
        render_mail(payload).html,
        render_mail(f"On <b> wrote:\n> {payload}\n-- \n{payload}").html,
        sanitize(payload),
    ):
        assert found_in(html) == []
        assert sanitize(html) == html


def test_the_inspector_of_these_tests_sees_what_is_wrong():
    assert found_in('<p onclick="x" class="a">') == ["p@onclick", "p.a"]
    assert found_in('<script></script><a href="javascript:1">') == ["<script>", "a@href=javascript:1"]


PIECES = [
    *(
        "a",
        "b",
        " ",
        "\n",
        "\n\n",
        ">",
        "> ",
        "- ",
        "1. ",
        "* ",
        "*",
        "**",
        "_",
        "`",
        "``",
        "```\n",
        "~~",
        "[",
        "]",
        "(",
        ")",
        "[^a]",
        "[^a]: ",
        "[a]: b\n",
        "![",
    ),
    *(
        "<",
        "<a>",
        "</a>",
        "<!--",
        "|",
        "|-|\n",
        ":-",
        "-",
        "=",
        "# ",
        "\\",
        "&amp;",
        "&#35;",
        "https://a.bc/",
        "www.a.bc",
        "a@b.cd",
        "@a",
        "/t/1",
        "#1",
        "\t",
        '"',
    ),
    *(
        "<http://a.bc>",
        "é",
        "😀",
        "-- \n",
        "On x wrote:\n",
        "```python\n",
        "```c\n",
        "/*",
        "- [ ] ",
        "&",
        "<div>",
        "---\n",
        "!",
        ":",
        "\0",
        "\r",
        "\xa0",
        "\x85",
        "\u202e",
    ),
]
WRITTEN = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WRITTEN)
def test_whatever_is_written_comes_out_inert_and_stable(body: str):
    try:
        html = render(body, topic=1, site="https://a.bc").html
    except TooIntricate:
        html = ""
    mail = render_mail(body).html

    assert found_in(html) == []
    assert found_in(mail) == []
    assert sanitize(html) == html
    assert sanitize(mail) == mail
    idempotent = sanitize(body)
    assert sanitize(idempotent) == idempotent
    assert found_in(idempotent) == []


def fill(unit: str) -> str:
    return (unit * (LENGTH // len(unit) + 1))[:LENGTH]


HOSTILE = {
    **{
        unit: fill(unit)
        for unit in [
            *PIECES,
            "*a",
            "**a *b",
            '![a](b "',
            "[a](",
            "[]()",
            "*a **b ***c _d __e ",
            "``a ",
            '<a b="',
            "> - ",
            "- a\n",
            "* * *\n",
            "a\n===\n",
            "~~~\n",
            "&lt;",
            "ﷺ",
            "@a ",
            "#1 ",
            "/t/1 ",
            "a@b.c ",
            "- [ ] a\n",
            "|a",
            "|\n|-\n",
            "&CounterClockwiseContourIntegral;",
            "[^1][^2]",
        ]
    },
    "a table of 5,000 columns": "|" + "a|" * 5000 + "\n|" + "-|" * 5000 + "\n" + "a\n" * 2400,
    "a table of 100 columns": "|".join("a" * 100) + "\n" + "|".join("-" * 100) + "\n" + "a\n" * 9700,
    "a table of 1,000 columns, quoted": "> "
    + "|".join("a" * 1000)
    + "\n> "
    + "|".join("-" * 1000)
    + "\n"
    + "> a\n" * 4000,
    "tables without end": "|a|b|c|\n|-|-|-|\n" * 1200,
    "one note, 4,900 references": "[^a]: " + "x" * 100 + "\n\n" + "[^a]" * 4900,
    "1,000 notes": "".join(f"[^{i}]" for i in range(1000))
    + "\n\n"
    + "".join(f"[^{i}]: x\n\n" for i in range(1000)),
    "one long reference": "[a]: /" + "u" * 9000 + "\n\n" + "[a]" * 3600,
    "2,000 references": "".join(f"[{i}]: u\n" for i in range(2000)),
    "steps of quotes": "\n".join(">" * i + "a" for i in range(190)),
    "steps of lists": "\n".join("  " * i + "- a" for i in range(135)),
    "lists in a line": "- " * 9999 + "a",
    "steps of backticks": "".join("`" * i + " " for i in range(190)),
    "emphasis around nothing": "*" * 9999 + "a" + "*" * 9999,
    "links in links": "[" * 5000 + "a" + "](b)" * 3700,
    "images in images": "![" * 4000 + "a" + "](b)" * 2900,
    "a comment that never ends": "```c\n" + "/*" * 9990,
    "strings that never end": "```python\n" + "'''" * 6600,
    "digits": "```r\n" + "0" * 19990 + "a",
    "brackets": "```python\n" + "a=[({1:'x'})]+b\n" * 1240 + "```",
    "quotes and lines": ("> a\n\n" * 4000)[:LENGTH],
    "many mentions": "".join(f"@a{i} " for i in range(3000))[:LENGTH],
}


ORDINARY = (
    "Two audits, *one* question: who pays for the second? See [the list](https://list.example).\n\n" * 300
)[:LENGTH]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_or_rendered_quickly_and_stay_bounded(name: str):
    body = HOSTILE[name]
    assert found_in(render_mail(body).html) == []
    # Beside what a text of the same length costs that nobody meant badly: a clock alone measures the machine.
    took, ordinary = (seconds_for(text) for text in (body, ORDINARY))

    assert took < 20 * ordinary
    try:
        html = render(body, topic=123_456).html
    except TooIntricate:
        return
    assert len(html) <= 20 * len(body)
    assert found_in(html) == []


def seconds_for(body: str) -> float:
    def rendered() -> None:
        with contextlib.suppress(TooIntricate):
            render(body, topic=123_456)

    return least_seconds(rendered)


def test_what_reasonable_people_write_is_not_too_intricate():
    rows = "\n".join("|" + "|".join(f"cell {r}.{c}" for c in range(12)) + "|" for r in range(200))
    render("|" + "h|" * 12 + "\n|" + "-|" * 12 + "\n" + rows[:18_000])
    render("\n".join(f"{'  ' * (i % 6)}- point {i}" for i in range(500)))
    render(
        " ".join(f"word[^{i}]" for i in range(70))
        + "\n\n"
        + "\n".join(f"[^{i}]: source {i}" for i in range(70))
    )
    render("\n".join(">" * (i % 8) + " said" for i in range(400)))
    assert "<em>c</em>" in render("---\n" * 500 + "*c*").html


def test_a_mail_is_read_as_it_was_written():
    html = render_mail(
        "Dear all,\n  see http://x.org/a(b), or (https://y.org).\n\n"
        "On Friday, at noon,\nTim <t@x.org> wrote:\n> one\n>> two\n> three\n\nMy answer.\n\n-- \nTim\nhttp://z.org\n"
    ).html

    assert "<p>Dear all,<br>&nbsp;&nbsp;see " in html
    assert '<a href="http://x.org/a(b)" rel="nofollow ugc noopener">' in html
    assert ">https://y.org</a>)." in html
    assert "<summary>On Friday, at noon, Tim &lt;t@x.org&gt; wrote:</summary>" in html
    assert "<blockquote><p>one</p>\n<blockquote><p>two</p>\n</blockquote><p>three</p>\n</blockquote>" in html
    assert '</details>\n<p>My answer.</p>\n<div class="signature"><p>Tim<br>' in html


def test_short_quotes_are_open_and_what_follows_an_original_message_is_folded():
    short = render_mail("> a\n> b\n\nc").html
    long = render_mail("\n".join(["> a"] * 20)).html
    original = render_mail("Yes.\n\n-----Original Message-----\nFrom: A\n\nquestion").html

    assert '<details class="quoted" open="">' in short
    assert "open" not in long
    assert original.startswith(
        '<p>Yes.</p>\n<details class="quoted"><summary>Original Message</summary><p>From: A</p>'
    )


def test_a_signature_above_the_quote_does_not_swallow_it():
    html = render_mail("Yes.\n-- \nTim\n\nOn Monday, A wrote:\n> b").html

    assert '<div class="signature"><p>Tim</p>\n</div>' in html
    assert "<summary>On Monday, A wrote:</summary>" in html
    assert html.index("signature") < html.index("quoted")


def test_a_long_mail_costs_no_more_a_line_than_a_short_one():
    mail = (
        "Dear all,\n\nOn Friday, Tim wrote:\n"
        + "> said before, with http://x.org in it\n" * 8
        + "\nNow this.\n" * 8
        + "\n-- \nT\n"
    )
    short, long = (
        least_seconds(lambda: render_mail(mail * 10)),
        least_seconds(lambda: render_mail(mail * 100)),
    )

    assert long < 30 * short


@pytest.mark.parametrize("start", ["http://a.example/", "www.a.example/"])
def test_an_address_with_very_many_brackets_is_no_link(start: str) -> None:
    # The renderer would count them again for each bracket: 4 s for 80,000.
    assert "<a " not in render(start + ")" * 501).html
    assert "<a " not in render(f"{start}\n\n" + ")" * 501).html
    assert "<a " in render(f"({start}) and " + "(a) " * 501).html
