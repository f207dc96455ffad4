"""All kinds of e-mails, by name: those of the capabilities joined into one table."""

from collections.abc import Mapping

from forum.notifications.digests import DIGEST
from members.emails.email_jobs import ACCOUNT_EMAIL_KINDS
from members.emails.outbox import EmailKind
from moderation.appeals.appeal_emails import APPEAL_EMAIL_KINDS
from moderation.flags.report_emails import REPORT_EMAIL_KINDS

EMAIL_KINDS: Mapping[str, EmailKind] = {
    kind.name: kind for kind in (*ACCOUNT_EMAIL_KINDS, DIGEST, *APPEAL_EMAIL_KINDS, *REPORT_EMAIL_KINDS)
}
