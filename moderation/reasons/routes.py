"""HTTP routes of reason templates."""

from typing import Annotated

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from core.actor import Actor
from moderation.reasons import templates
from moderation.reasons.shapes import TEMPLATE_KEY, Template, TemplateChange, TemplateList
from storage.database import Database

Key = Annotated[str, PathParameter(pattern=TEMPLATE_KEY)]


@get("/reasons", operation_id="read_templates")
async def read_templates(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> TemplateList:
    """List all reason templates, in all their languages."""
    async with db.read() as tx:
        return await templates.read_templates(tx, actor)


@put("/reasons/{template:str}", operation_id="change_template")
async def change_template(
    template: Key,
    data: JSONBody[TemplateChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Template:
    """Change a reason template, or create one. Decisions that used an older version keep its text."""
    async with db.begin() as tx:
        return await templates.change_template(tx, actor, template, data)


routes = [read_templates, change_template]
