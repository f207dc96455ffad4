"""Reading and changing reason templates. Older versions are kept, because decisions were made with them."""

import msgspec
from asyncpg import Record

from core import clock
from core.actor import Actor
from core.errors import Stale
from core.text import tidy
from forum.authors import author_of
from members.shapes import EmailLanguage
from moderation.policy import ensure_can_read_queue
from moderation.reasons.policy import ensure_can_manage_templates, ensure_template_is_complete
from moderation.reasons.reasons import Templates
from moderation.reasons.shapes import Template, TemplateChange, TemplateList
from moderation.shapes import Reason
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_TEMPLATES = statement("""
SELECT t.key, t.version, t.texts, t.is_offered, t.changed_at, m.id, m.handle, m.display_name, m.picture
FROM reason_templates t LEFT JOIN members m ON m.id = t.changed_by ORDER BY t.changed_at, t.key, t.version
""")
INSERT_TEMPLATE = statement("""
INSERT INTO reason_templates (key, version, texts, is_offered, changed_at, changed_by)
VALUES (:key, :version, CAST(:texts AS jsonb), :is_offered, :now, :by) ON CONFLICT DO NOTHING
""")


async def load_templates(tx: Reader) -> Templates:
    """Return all templates in all versions, without a permission check."""
    return Templates([_template(row) for row in await tx.rows(SELECT_TEMPLATES)])


async def read_templates(tx: Reader, actor: Actor) -> TemplateList:
    """Return the current templates; raise NotModerator unless the actor may read the queue."""
    ensure_can_read_queue(actor)
    return TemplateList((await load_templates(tx)).current())


async def change_template(tx: Transaction, actor: Actor, key: str, change: TemplateChange) -> Template:
    """Change all texts of a template, or create one, and return it. Raises AdministratorsOnly, the refusals of
    `ensure_template_is_complete`, and Stale if the version is not the current one."""
    ensure_can_manage_templates(actor)
    texts = {
        language: Reason(rule=tidy(text.rule), facts=tidy(text.facts))
        for language, text in change.texts.items()
    }
    templates = await load_templates(tx)
    current = templates.get(key)
    ensure_template_is_complete(texts, is_new=current is None, count=len(templates.versions))
    if current is not None and (current.texts, current.is_offered) == (texts, change.is_offered):
        return current
    is_next = change.version == (0 if current is None else current.version)
    written = {"texts": msgspec.json.encode(texts).decode(), "is_offered": change.is_offered}
    whose = {"now": clock.now(), "by": actor.signed_in()}
    if not is_next or not await tx.run(
        INSERT_TEMPLATE, key=key, version=change.version + 1, **written, **whose
    ):
        raise Stale((await load_templates(tx)).get(key))
    tx.audit("reasons_changed", actor.id, template=key)
    changed = (await load_templates(tx)).get(key)
    assert changed is not None
    return changed


def _template(row: Record) -> Template:
    return Template(
        key=row["key"],
        texts=msgspec.convert(row["texts"], dict[EmailLanguage, Reason]),
        is_offered=row["is_offered"],
        version=row["version"],
        changed_at=row["changed_at"],
        changed_by=author_of(row["id"], row["handle"], row["display_name"], None, row["picture"]),
    )
