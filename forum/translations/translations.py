"""Translations of posts: asking for one, and reading one where its post can be read."""

from datetime import UTC, datetime, time, timedelta

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound, TooMany
from core.ids import PostId
from core.languages.languages import is_foreign, languages
from core.languages.texts import translatable
from forum.posts.post_pages import show_post
from forum.posts.text_language import UnknownLanguage
from forum.shapes import Post
from forum.text.quote_display import embed_quotes_in_html
from forum.translations.shapes import PostTranslation
from forum.translations.translator import Translator
from storage.database import Reader, Transaction
from storage.statements import statement

# A new text, or another language that it is in, takes the place of what was translated before.
UPSERT_TRANSLATION = statement("""
INSERT INTO post_translations AS r (post_id, target, source, digest, asked_at, due_at)
SELECT p.id, :target, p.language, sha256(convert_to(p.html, 'UTF8')), :now, :now
FROM posts p JOIN open_posts o ON o.id = p.id WHERE p.id = :post AND p.language IS NOT NULL
ON CONFLICT (post_id, target) DO UPDATE SET source = excluded.source, digest = excluded.digest,
    asked_at = excluded.asked_at, due_at = excluded.due_at, html = NULL, provider = NULL, made_at = NULL
WHERE r.digest <> excluded.digest OR r.source <> excluded.source
""")
SELECT_TRANSLATION = statement("""
SELECT r.source, r.due_at, r.html, r.provider, r.made_at, p.topic_id
FROM post_translations r JOIN posts p ON p.id = r.post_id JOIN open_posts o ON o.id = p.id
WHERE r.post_id = :post AND r.target = :target AND r.source = p.language
    AND r.digest = sha256(convert_to(p.html, 'UTF8'))
""")


# Returns a row if the text is the member's first of the day, or within their share.
UPSERT_TRANSLATION_USE = statement("""
INSERT INTO translation_uses AS u (member_id, day, characters) SELECT :member, :day, length(html) FROM posts WHERE id = :post
ON CONFLICT (member_id) DO UPDATE SET day = excluded.day,
    characters = excluded.characters + CASE WHEN u.day = excluded.day THEN u.characters ELSE 0 END
WHERE u.day <> excluded.day OR u.characters + excluded.characters <= :share
RETURNING 1
""")
# Of the characters of a day, one member can use up a tenth.
_MEMBERS_WITH_A_SHARE = 10


class TooManyTranslations(TooMany):
    """The member has used up their share of what is translated in a day."""

    message = translatable(
        "You have asked for as many translations as one member can have in a day. Try again tomorrow."
    )


class TranslationsOff(Conflict):
    """The operator has chosen no translator."""

    message = translatable("Posts are not translated here.")


class NothingToTranslate(Conflict):
    """The language of the post is not known, or it is the wanted one."""

    message = translatable(
        "This post is in this language already, or nobody has said in which language it is."
    )


class NotOpenToAll(Conflict):
    """Only posts that everybody can read are sent to a translator."""

    message = translatable("Only posts that everybody can read are translated.")


async def ask_for_translation(
    tx: Transaction, actor: Actor, post_id: PostId, target: str, translator: Translator
) -> PostTranslation:
    """Return the translation of a post into a language of the interface; if there is none, the worker makes one.

    Raise SignInFirst, NotFound, UnknownLanguage, TranslationsOff, NothingToTranslate, NotOpenToAll or TooManyTranslations.
    """
    actor.signed_in()
    post = await show_post(tx, actor, post_id)
    if target not in languages():
        raise UnknownLanguage(field="language")
    if not translator.is_set:
        raise TranslationsOff
    if not is_foreign(post.language, languages()[target]):
        raise NothingToTranslate
    if await tx.run(UPSERT_TRANSLATION, post=post_id, target=target, now=clock.now()):
        await _count_for(tx, actor, post_id, translator)
    found = await _find_stored(tx, post, target)
    if found is None:
        raise NotOpenToAll
    return found


async def _count_for(tx: Transaction, actor: Actor, post_id: PostId, translator: Translator) -> None:
    now, share = clock.now(), translator.budget // _MEMBERS_WITH_A_SHARE
    use = {"member": actor.signed_in(), "day": now.date(), "post": post_id, "share": share}
    if await tx.value(UPSERT_TRANSLATION_USE, **use) is None:
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        raise TooManyTranslations((tomorrow - now).total_seconds())


async def find_translation(tx: Reader, actor: Actor, post_id: PostId, target: str) -> PostTranslation | None:
    """Return the translation of the text that a post has now, or None; raise NotFound if the actor cannot see the post."""
    return await _find_stored(tx, await show_post(tx, actor, post_id), target)


async def _find_stored(tx: Reader, post: Post, target: str) -> PostTranslation | None:
    row = await tx.row(SELECT_TRANSLATION, post=post.id, target=target)
    if row is None or post.html is None:
        return None
    html = row["html"]
    if html is not None:
        embedded = await embed_quotes_in_html(tx, [(row["topic_id"], html)])
        html = embedded[0] if embedded else html
    return PostTranslation(
        post=post.id,
        language=target,
        source=row["source"],
        state="made" if html is not None else "waiting" if row["due_at"] else "failed",
        html=html,
        provider=row["provider"],
        made_at=row["made_at"],
    )


async def get_translation(tx: Reader, actor: Actor, post_id: PostId, target: str) -> PostTranslation:
    """Return the translation of the text that a post has now; raise NotFound if there is none."""
    found = await find_translation(tx, actor, post_id, target) if target in languages() else None
    if found is None:
        raise NotFound
    return found
