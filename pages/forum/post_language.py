"""What a page says about the language of a post, and the button that asks for a translation into that of the page."""

from markupsafe import escape

from core.languages.languages import is_foreign
from core.languages.texts import current_language
from forum.shapes import Post


def language_attribute(post: Post) -> str:
    """Return the attribute `lang` of a post that is not in the language of the page, or nothing."""
    if not is_foreign(post.language, current_language()):
        return ""
    return f' lang="{escape(post.language)}"'


def translate_button(post: Post, label: str) -> str:
    """Return the button that asks for a translation, or nothing if the post is not known to be in another language."""
    if post.state != "published" or not is_foreign(post.language, current_language()):
        return ""
    return f'<button class="act" form="set" formaction="/p/{post.id}/translation">{label}</button>'
