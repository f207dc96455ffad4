"""The parts of an e-mail to a member, and the e-mails about accounts."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct

from members.emails.translations import Translations, translations_for

VERIFY_PATH = "/verify"
RESET_PATH = "/reset"
DELETION_PATH = "/settings/deletion"


class OutgoingEmail(Struct, frozen=True):
    """An e-mail to send.

    `id` is the same each time the e-mail is written, `thread` has the ids of the e-mails before it (the one that it answers
    is last), and `stop` is the URL that unsubscribes from its kind with one click. `html` says the same as `text`, or is
    empty. `sender` is the name of the community.
    """

    to: str
    subject: str
    text: str
    language: str = "en"
    html: str = ""
    id: str = ""
    thread: tuple[str, ...] = ()
    stop: str = ""
    sender: str = ""


class Recipient(Struct, frozen=True, kw_only=True):
    """The recipient of an e-mail: address, handle for the greeting if known, chosen language, and time zone of dates."""

    email: str
    handle: str = ""
    letters_in: str | None = None
    time_zone: str = "UTC"


class Sender(Struct, frozen=True):
    """The sender of e-mails: the name of the community, the URL of the service without a final slash, the language for
    recipients who have chosen none, and the names of the community in other languages."""

    community: str
    url: str
    language: str = "en"
    names: Mapping[str, str] = MappingProxyType({})

    def name_in(self, language: str) -> str:
        """Return the name of the community in the language of an e-mail."""
        return self.names.get(language, self.community)

    def translations_for(self, to: Recipient) -> Translations:
        """Return the translations for a recipient."""
        return translations_for(to.letters_in or self.language)

    def compose(self, to: Recipient, key: str, **facts: object) -> OutgoingEmail:
        """Return the e-mail with this key of the translations, filled in with facts.

        Names of members are not among the common facts, so that nobody can put a message into an e-mail through a name.
        """
        translations = self.translations_for(to)
        common = {
            "community": self.name_in(translations.language),
            "handle": to.handle,
            "not_you": translations.translate("not_you"),
            "court": translations.translate("court"),
        }
        subject, text = (
            translations.translate(f"{key}.{part}", **(common | facts)) for part in ("subject", "text")
        )
        return self.compose_text(to, subject, text)

    def greeting(self, to: Recipient) -> str:
        """Return the first line of an e-mail."""
        translations = self.translations_for(to)
        if not to.handle:
            return translations.translate("hello_nobody")
        return translations.translate("hello", handle=to.handle)

    def compose_text(self, to: Recipient, subject: str, text: str) -> OutgoingEmail:
        """Return an e-mail with this text, between a greeting and a signature with the community's name and URL."""
        translations = self.translations_for(to)
        name = self.name_in(translations.language)
        body = f"{self.greeting(to)}\n\n{text}\n\n-- \n{name}\n{self.url}\n"
        # Titles may contain line breaks; a subject must not.
        subject = translations.translate("subject", subject=" ".join(subject.split()), community=name)
        return OutgoingEmail(to.email, subject, body, translations.language, sender=name)


def confirm_address(sender: Sender, to: Recipient, token: str) -> OutgoingEmail:
    """Return the e-mail with the link that verifies an address."""
    return sender.compose(to, "confirm_address", link=f"{sender.url}{VERIFY_PATH}/{token}")


def have_account(sender: Sender, to: Recipient) -> OutgoingEmail:
    """Return the e-mail to a member whose address was entered for another account."""
    return sender.compose(to, "have_account", link=f"{sender.url}{RESET_PATH}")


def address_leaves(sender: Sender, to: Recipient) -> OutgoingEmail:
    """Return the e-mail to the verified address that another address will replace."""
    return sender.compose(to, "address_leaves", link=f"{sender.url}{RESET_PATH}")


def new_password(sender: Sender, to: Recipient, token: str) -> OutgoingEmail:
    """Return the e-mail with the link for choosing a new password."""
    return sender.compose(to, "new_password", link=f"{sender.url}{RESET_PATH}/{token}")


def password_changed(sender: Sender, to: Recipient) -> OutgoingEmail:
    """Return the e-mail about a changed password."""
    return sender.compose(to, "password_changed", link=f"{sender.url}{RESET_PATH}")


def erasure_requested(sender: Sender, to: Recipient, due_at: datetime) -> OutgoingEmail:
    """Return the e-mail that says when the account will be deleted, and where it can be kept."""
    date = sender.translations_for(to).date(due_at, ZoneInfo(to.time_zone))
    return sender.compose(to, "erasure_requested", date=date, link=f"{sender.url}{DELETION_PATH}")
