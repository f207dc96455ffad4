"""Syntax highlighting for code blocks: one regular expression per language, in time proportional to the length of the code.

The CSS classes are those of Pygments' style sheets. The lexers of Pygments are not used because several take quadratic
time (4,000 line breaks occupy its C lexer for more than half a second), and this code runs during the request that
writes a post.
"""

import html
import keyword
import re

CLASSES = ("c", "s", "m", "k", "gi", "gd", "gh")

# Each alternative also matches an unclosed comment or string up to its end, so that no character is scanned twice.
_HASH_COMMENT = r"(?P<c>\#[^\n]*)"
_SLASH_COMMENT = r"(?P<c>//[^\n]*|/\*(?:(?s:.)*?\*/|(?s:.)*))"
_DASH_COMMENT = r"(?P<c>--[^\n]*|/\*(?:(?s:.)*?\*/|(?s:.)*))"
_XML_COMMENT = r"(?P<c><!--(?:(?s:.)*?-->|(?s:.)*))"
_PERCENT_COMMENT = r"(?P<c>%[^\n]*)"
_STRING = r"""(?P<s>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)"""
_PYTHON_STRING = (
    r"""(?P<s>[bfruBFRU]{0,2}(?:\"{3}(?:(?s:.)*?\"{3}|(?s:.)*)|'{3}(?:(?s:.)*?'{3}|(?s:.)*)"""
    r"""|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))"""
)
_STRING_OR_BACKTICKS = r"""(?P<s>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\(?s:.)|[^`\\])*`?)"""
_NUMBER = r"(?P<m>(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\b)"
_WORD = r"(?P<w>[^\W\d]\w*)"

_C_KEYWORDS = (
    "break case catch class const continue default delete do else enum export extends false final finally "
    "float for function if import in instanceof int interface let long namespace new null private protected "
    "public return short signed sizeof static struct super switch template this throw true try typedef typeof "
    "undefined union unsigned var void volatile while with async await yield bool char double fn func go impl "
    "match mod mut package pub self trait type use where chan defer range select nil abstract implements "
    "boolean byte throws string number"
)
_R_KEYWORDS = (
    "if else repeat while function for in next break TRUE FALSE NULL Inf NaN NA return library require"
)
_SQL_KEYWORDS = (
    "select insert update delete from where group by order having limit offset join left right inner outer "
    "full on as and or not null is in exists between like create table view index alter drop primary key "
    "foreign references unique check default with recursive union all distinct case when then else end begin "
    "commit rollback values into set returning true false using"
)
_SHELL_KEYWORDS = (
    "if then else elif fi for while until do done case esac in function return local export set unset exit "
    "echo cd source"
)
_CONFIG_KEYWORDS = "true false null yes no on off True False None"

_CODE_BLOCK = re.compile(r'<pre><code class="language-([^"]{1,60})">([^<]*)</code></pre>')

# The pattern of the tokens of a language, and its keywords.
_Lexer = tuple[re.Pattern[str], frozenset[str]]


def _lexer(names: str, *tokens: str, keywords: str, any_case: bool = False) -> dict[str, _Lexer]:
    pattern = re.compile("|".join(tokens))
    known = frozenset(keywords.split())
    if any_case:
        known |= {word.upper() for word in known}
    return {name: (pattern, known) for name in names.split()}


_DIFF_LINE = re.compile(
    r"^(?:(?P<gh>(?:@@|diff |index |--- |\+\+\+ )[^\n]*)|(?P<gi>\+[^\n]*)|(?P<gd>-[^\n]*))", re.M
)

_LEXERS = {
    **_lexer(
        "python py",
        _HASH_COMMENT,
        _PYTHON_STRING,
        _NUMBER,
        _WORD,
        keywords=" ".join((*keyword.kwlist, "self", "match", "case")),
    ),
    **_lexer("r", _HASH_COMMENT, _STRING, _NUMBER, _WORD, keywords=_R_KEYWORDS),
    **_lexer(
        "sql postgresql sqlite mysql",
        _DASH_COMMENT,
        _STRING,
        _NUMBER,
        _WORD,
        keywords=_SQL_KEYWORDS,
        any_case=True,
    ),
    **_lexer(
        "bash sh shell make dockerfile",
        _HASH_COMMENT,
        _STRING_OR_BACKTICKS,
        _NUMBER,
        _WORD,
        keywords=_SHELL_KEYWORDS,
    ),
    **_lexer("yaml yml toml ini", _HASH_COMMENT, _STRING, _NUMBER, _WORD, keywords=_CONFIG_KEYWORDS),
    **_lexer("json", _STRING, _NUMBER, _WORD, keywords=_CONFIG_KEYWORDS),
    **_lexer(
        "javascript js typescript ts",
        _SLASH_COMMENT,
        _STRING_OR_BACKTICKS,
        _NUMBER,
        _WORD,
        keywords=_C_KEYWORDS,
    ),
    **_lexer("c cpp java go rust kotlin css", _SLASH_COMMENT, _STRING, _NUMBER, _WORD, keywords=_C_KEYWORDS),
    **_lexer("html xml svg", _XML_COMMENT, _STRING, keywords=""),
    **_lexer("latex tex matlab", _PERCENT_COMMENT, _NUMBER, keywords=""),
    "diff": (_DIFF_LINE, frozenset[str]()),
}
LANGUAGES = frozenset(_LEXERS)


def highlight(rendered: str) -> str:
    """Return rendered Markdown with a `<span class>` around each token of its code blocks in a known language."""
    if '<pre><code class="language-' not in rendered:
        return rendered
    return _CODE_BLOCK.sub(_highlight_block, rendered)


def _highlight_block(block: re.Match[str]) -> str:
    language, code = block[1].lower(), html.unescape(block[2])
    if language not in _LEXERS:
        return f"<pre><code>{block[2]}</code></pre>"
    pattern, keywords = _LEXERS[language]
    parts = []
    done = 0
    for token in pattern.finditer(code):
        kind = token.lastgroup
        if kind == "w":
            if token[0] not in keywords:
                continue
            kind = "k"
        parts.append(html.escape(code[done : token.start()], quote=False))
        parts.append(f'<span class="{kind}">{html.escape(token[0], quote=False)}</span>')
        done = token.end()
    parts.append(html.escape(code[done:], quote=False))
    return f'<pre><code class="language-{language}">{"".join(parts)}</code></pre>'
