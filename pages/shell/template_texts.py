"""Texts in templates: `_("...")` and `{% trans %}`, translated into the language of the request.

A text without parts that vary costs one look-up: when a template is compiled, its call becomes a filter of the constant.
Templates are compiled once for all languages.
"""

from typing import Any

from jinja2 import Environment, nodes, pass_context
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from core.languages.formats import number_in
from core.languages.languages import CONTEXT_END
from core.languages.texts import current_language


@pass_context  # without it, Jinja would put in the text of the language in which the template was compiled
def text_of(_context: Context, message: str) -> Markup:
    """Return a text of the current language as HTML, by its English version."""
    return current_language().html[message]


def add_texts(environment: Environment) -> None:
    """Let the templates of an environment use texts."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    # "New style": the functions put in what varies, and escape it.
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals |= {
        "_": _gettext,
        "gettext": _gettext,
        "ngettext": _ngettext,
        "pgettext": _pgettext,
        "npgettext": _npgettext,
    }
    environment.filters["text_of"] = text_of


class LookUps(NodeTransformer):
    """Replaces each call that translates a constant by a look-up."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Replace `_("...")` and `pgettext("...", "...")` without further arguments."""
        self.generic_visit(node)
        constants = [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
        if node.kwargs or len(constants) != len(node.args) or not isinstance(node.node, nodes.Name):
            return node
        match node.node.name, constants:
            case "_", [str(key)]:
                pass
            case "gettext", [str(text)]:
                # Only `{% trans %}` is compiled to it, and doubles each per cent sign.
                key = text.replace("%%", "%")
            case "pgettext", [str(context), str(text)]:
                key = f"{context}{CONTEXT_END}{text}"
            case _:
                return node
        message = nodes.Const(key, lineno=node.lineno)
        return nodes.Filter(message, "text_of", [], [], None, None, lineno=node.lineno)


def _gettext(message: str, /, **facts: Any) -> Markup:
    text = current_language().html[message]
    return text % facts if facts else text


def _pgettext(context: str, message: str, /, **facts: Any) -> Markup:
    text = current_language().html[f"{context}{CONTEXT_END}{message}"]
    return text % facts if facts else text


def _ngettext(singular: str, plural: str, count: int, /, **facts: Any) -> Markup:
    language = current_language()
    text = language.translations.ngettext(singular, plural, count)
    return Markup(text) % _with_number(count, facts)


def _npgettext(context: str, singular: str, plural: str, count: int, /, **facts: Any) -> Markup:
    language = current_language()
    text = language.translations.npgettext(context, singular, plural, count)
    return Markup(text) % _with_number(count, facts)


def _with_number(count: int, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts with the number by which the plural form was chosen, as the language writes it."""
    shown = number_in(current_language(), count)
    return {"num": shown} | {name: shown if value is count else value for name, value in facts.items()}
