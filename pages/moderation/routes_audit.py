"""The audit log, for members with a role."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.http import Cursor
from core.languages.texts import gettext, pgettext, translatable
from moderation.audit.audit_trail import read_audit
from moderation.audit.shapes import AuditEntry, AuditFilter
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from pages.moderation.labels import action_labels, reason_labels
from pages.shell.context import PageContext
from pages.shell.layout import COMMUNITY_PAGES

OnlyKind = Annotated[str, QueryParameter(name="kind", max_length=60)]

EVENTS: Mapping[str, str] = {
    "noticed": translatable("A report was received"),
    "decided": translatable("A case was decided"),
    "undone": translatable("A decision was undone within seconds"),
    "taken_back": translatable("A decision was reversed"),
    "appealed": translatable("A decision was appealed"),
    "appeal_answered": translatable("An appeal was answered"),
    "escalated": translatable("A case was escalated to the administrators"),
    "given_back": translatable("A case was returned to the moderators"),
    "reporters_seen": translatable("Reporters were viewed"),
    "rule_made": translatable("A filter was added"),
    "rule_changed": translatable("A filter was changed"),
    "rule_on": translatable("A filter was turned on"),
    "rule_off": translatable("A filter was turned off"),
    "reasons_changed": translatable("A reason template was changed"),
    "tag_joined": translatable("A tag became a synonym"),
    "tag_parted": translatable("A synonym became a tag of its own"),
    "tag_removed": translatable("A tag was removed"),
    "lane_opened": translatable("A lane for a shared network was opened"),
    "lane_closed": translatable("A lane for a shared network was closed"),
    "duty_given": translatable("A role was assigned"),
    "duty_taken": translatable("A role was revoked"),
    "member_erased": translatable("An account was deleted"),
    "setting_changed": translatable("A setting of the community was changed"),
    "setting_reset": translatable("A setting of the community was reset"),
    "community_page_published": translatable("A page of the community was changed"),
    "address_verified": translatable("An address was confirmed by an administrator"),
    "signed_out": translatable("A member was signed out everywhere"),
    "password_link_sent": translatable("A link for a new password was sent"),
    "erasure_asked": translatable("The deletion of an account was asked for"),
    "erasure_cancelled": translatable("The deletion of an account was cancelled"),
    "author_merged": translatable("Posts of an archive were assigned to a member"),
}


def _fact_labels() -> Mapping[str, str]:
    """Return what the facts of an entry are called, by their names."""
    return {
        "action": pgettext("fact", "action"),
        "appeal": pgettext("fact", "appeal"),
        "author": pgettext("fact", "author"),
        "decision": pgettext("fact", "decision"),
        "deletes": pgettext("fact", "deletes"),
        "duty": pgettext("fact", "role"),
        "facts": pgettext("fact", "facts"),
        "member": pgettext("fact", "member"),
        "of": pgettext("fact", "synonym of"),
        "outcome": pgettext("fact", "outcome"),
        "page": pgettext("fact", "page"),
        "reason": pgettext("fact", "reason"),
        "report": pgettext("fact", "report"),
        "rule": pgettext("fact", "rule"),
        "setting": pgettext("fact", "setting"),
        "tag": pgettext("fact", "tag"),
        "template": pgettext("fact", "template"),
        "version": pgettext("fact", "version"),
    }


def _value_labels() -> Mapping[str, Mapping[str, str]]:
    """Return the values of facts that are codes in words, by the names of the facts."""
    return {
        "action": action_labels(),
        "reason": {**reason_labels(), "rule": gettext("Caught by a filter")},
        "outcome": {
            "upheld": gettext("The decision stands"),
            "reversed": gettext("The decision was reversed"),
        },
        "page": {key: gettext(name) for key, name in COMMUNITY_PAGES.items()},
        "setting": {"name": gettext("Name"), "welcome": gettext("Welcome text"), "colour": gettext("Colour")},
        "duty": {
            "administrator": pgettext("role", "administrator"),
            "moderator": pgettext("role", "moderator"),
            "host": pgettext("role", "host"),
        },
    }


def _about(entry: AuditEntry, templates: Templates) -> Mapping[str, object]:
    """Return the facts of an entry, with a reason in the language of the reader if it comes from a template."""
    rule, facts = entry.about.get("rule"), entry.about.get("facts")
    if not isinstance(rule, str) or not isinstance(facts, str):
        return entry.about
    reason = templates.for_reader(rule, facts, entry.at)
    return {**entry.about, "rule": reason.rule, "facts": reason.facts} if reason else entry.about


def _in_words(entries: Sequence[AuditEntry], templates: Templates) -> Mapping[int, list[tuple[str, object]]]:
    """Return the facts of each entry as pairs of label and value, by the entry's number."""
    labels, values = _fact_labels(), _value_labels()
    return {
        entry.number: [
            (labels.get(name, name.replace("_", " ")), values.get(name, {}).get(str(value), value))
            for name, value in _about(entry, templates).items()
            if name != "case" and value is not None
        ]
        for entry in entries
    }


@get("/audit", include_in_schema=False)
async def show_audit(
    context: NamedDependency[PageContext],
    kind: OnlyKind = "",
    sector: FromQuery[str] = "",
    after: Cursor = None,
) -> Response[bytes]:
    """Show what was done where the viewer moderates or hosts, newest first."""
    only = AuditFilter(kind=kind if kind in EVENTS else None, sector=sector or None)
    async with context.db.read() as tx:
        page = await read_audit(tx, context.actor, after, only)
        templates = await load_templates(tx)
    query = urlencode({name: value for name, value in (("kind", only.kind), ("sector", sector)) if value})
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/audit.html",
        page=page,
        only=only,
        query=query,
        facts=_in_words(page.items, templates),
        events={name: gettext(text) for name, text in EVENTS.items()},
    )


routes = [show_audit]
