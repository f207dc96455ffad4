"""Code in colour: one pass of one pattern per language, so that the time is proportional to the text whatever it is.

The classes are those of Pygments' style sheets. Its lexers are not used: several take quadratic time (4,000 line
breaks occupy its C lexer for more than half a second), and what runs while a post is written must not.
"""

import html
import keyword
import re

CLASSES = ("c", "s", "m", "k", "gi", "gd", "gh")

# Each alternative consumes what it begins, closed or not, so that nothing is looked at twice.
_HASH = r"(?P<c>\#[^\n]*)"
_SLASHES = r"(?P<c>//[^\n]*|/\*(?:(?s:.)*?\*/|(?s:.)*))"
_DASHES = r"(?P<c>--[^\n]*|/\*(?:(?s:.)*?\*/|(?s:.)*))"
_ANGLES = r"(?P<c><!--(?:(?s:.)*?-->|(?s:.)*))"
_PERCENT = r"(?P<c>%[^\n]*)"
_QUOTES = r"""(?P<s>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)"""
_TRIPLE = (
    r"""(?P<s>[bfruBFRU]{0,2}(?:\"{3}(?:(?s:.)*?\"{3}|(?s:.)*)|'{3}(?:(?s:.)*?'{3}|(?s:.)*)"""
    r"""|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))"""
)
_TICKS = r"""(?P<s>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\(?s:.)|[^`\\])*`?)"""
_NUMBER = r"(?P<m>(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\b)"
_WORD = r"(?P<w>[^\W\d]\w*)"

_C = (
    "break case catch class const continue default delete do else enum export extends false final finally "
    "float for function if import in instanceof int interface let long namespace new null private protected "
    "public return short signed sizeof static struct super switch template this throw true try typedef typeof "
    "undefined union unsigned var void volatile while with async await yield bool char double fn func go impl "
    "match mod mut package pub self trait type use where chan defer range select nil abstract implements "
    "boolean byte throws string number"
)
_R = "if else repeat while function for in next break TRUE FALSE NULL Inf NaN NA return library require"
_SQL = (
    "select insert update delete from where group by order having limit offset join left right inner outer "
    "full on as and or not null is in exists between like create table view index alter drop primary key "
    "foreign references unique check default with recursive union all distinct case when then else end begin "
    "commit rollback values into set returning true false using"
)
_SHELL = (
    "if then else elif fi for while until do done case esac in function return local export set unset exit "
    "echo cd source"
)
_CONFIG = "true false null yes no on off True False None"

_LANGUAGE = re.compile(r'<pre><code class="language-([^"]{1,60})">([^<]*)</code></pre>')


_Family = tuple[re.Pattern[str], frozenset[str]]


def _family(names: str, *parts: str, words: str, any_case: bool = False) -> dict[str, _Family]:
    pattern = re.compile("|".join(parts))
    known = frozenset(words.split())
    if any_case:
        known |= {word.upper() for word in known}
    return {name: (pattern, known) for name in names.split()}


_LINES = re.compile(
    r"^(?:(?P<gh>(?:@@|diff |index |--- |\+\+\+ )[^\n]*)|(?P<gi>\+[^\n]*)|(?P<gd>-[^\n]*))", re.M
)

_FAMILIES = {
    **_family(
        "python py",
        _HASH,
        _TRIPLE,
        _NUMBER,
        _WORD,
        words=" ".join((*keyword.kwlist, "self", "match", "case")),
    ),
    **_family("r", _HASH, _QUOTES, _NUMBER, _WORD, words=_R),
    **_family("sql postgresql sqlite mysql", _DASHES, _QUOTES, _NUMBER, _WORD, words=_SQL, any_case=True),
    **_family("bash sh shell make dockerfile", _HASH, _TICKS, _NUMBER, _WORD, words=_SHELL),
    **_family("yaml yml toml ini", _HASH, _QUOTES, _NUMBER, _WORD, words=_CONFIG),
    **_family("json", _QUOTES, _NUMBER, _WORD, words=_CONFIG),
    **_family("javascript js typescript ts", _SLASHES, _TICKS, _NUMBER, _WORD, words=_C),
    **_family("c cpp java go rust kotlin css", _SLASHES, _QUOTES, _NUMBER, _WORD, words=_C),
    **_family("html xml svg", _ANGLES, _QUOTES, words=""),
    **_family("latex tex matlab", _PERCENT, _NUMBER, words=""),
    "diff": (_LINES, frozenset[str]()),
}
LANGUAGES = frozenset(_FAMILIES)


def highlight(rendered: str) -> str:
    """Rendered Markdown whose code blocks in a known language carry classes for colour."""
    if '<pre><code class="language-' not in rendered:
        return rendered
    return _LANGUAGE.sub(_colour, rendered)


def _colour(block: re.Match[str]) -> str:
    language, code = block[1].lower(), html.unescape(block[2])
    if language not in _FAMILIES:
        return f"<pre><code>{block[2]}</code></pre>"
    pattern, words = _FAMILIES[language]
    out = []
    done = 0
    for token in pattern.finditer(code):
        kind = token.lastgroup
        if kind == "w":
            if token[0] not in words:
                continue
            kind = "k"
        out.append(html.escape(code[done : token.start()], quote=False))
        out.append(f'<span class="{kind}">{html.escape(token[0], quote=False)}</span>')
        done = token.end()
    out.append(html.escape(code[done:], quote=False))
    return f'<pre><code class="language-{language}">{"".join(out)}</code></pre>'
