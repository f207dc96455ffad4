"""What mails to members are made of, and those about their accounts."""

from msgspec import Struct

from members.emails.translations import Translations, translations_for

VERIFY_PATH = "/verify"
RESET_PATH = "/reset"
FOUND_PATH = "/found"


class OutgoingEmail(Struct, frozen=True):
    """A mail: to whom, about what, its text and its language. `id` is the same whenever it is written, `thread` are the
    letters before it, the one answered last, `stop` is the address that ends its kind with one click."""

    to: str
    subject: str
    text: str
    language: str = "en"
    id: str = ""
    thread: tuple[str, ...] = ()
    stop: str = ""


class Recipient(Struct, frozen=True, kw_only=True):
    """Whom a letter is for: the address, the name that it greets if it is known, the language that was chosen for letters,
    and the time zone of the dates in them."""

    email: str
    handle: str = ""
    letters_in: str | None = None
    time_zone: str = "UTC"


class Sender(Struct, frozen=True):
    """In whose name mails are written: the community's name, the address of its pages without a slash at the end, and the
    language of those who have chosen none."""

    community: str
    url: str
    language: str = "en"

    def translations_for(self, to: Recipient) -> Translations:
        """The words for somebody."""
        return translations_for(to.letters_in or self.language)

    def compose(self, to: Recipient, key: str, **facts: object) -> OutgoingEmail:
        """The letter with this key: its words are our own, so that a mail cannot be made to say what somebody put into a
        name; what was written by others stands in the facts."""
        words = self.translations_for(to)
        common = {
            "community": self.community,
            "handle": to.handle,
            "not_you": words.translate("not_you"),
            "court": words.translate("court"),
        }
        subject, text = (words.translate(f"{key}.{part}", **(common | facts)) for part in ("subject", "text"))
        return self.compose_text(to, subject, text)

    def compose_text(self, to: Recipient, subject: str, text: str) -> OutgoingEmail:
        """A letter of these words: it greets, and its last line says where it comes from."""
        words = self.translations_for(to)
        hello = words.translate("hello", handle=to.handle) if to.handle else words.translate("hello_nobody")
        whole = f"{hello}\n\n{text}\n\n-- \n{self.community}\n{self.url}\n"
        # A subject is one line, whatever the title is that it was made of.
        return OutgoingEmail(
            to.email, f"{' '.join(subject.split())} ({self.community})", whole, words.language
        )


def confirm_address(sender: Sender, to: Recipient, token: str) -> OutgoingEmail:
    """The link that proves an address."""
    return sender.compose(to, "confirm_address", link=f"{sender.url}{VERIFY_PATH}/{token}")


def have_account(sender: Sender, to: Recipient) -> OutgoingEmail:
    """To somebody whose address was given for another account."""
    return sender.compose(to, "have_account", link=f"{sender.url}{RESET_PATH}")


def address_leaves(sender: Sender, to: Recipient) -> OutgoingEmail:
    """To the address that was proved so far, when another one is to take its place."""
    return sender.compose(to, "address_leaves", link=f"{sender.url}{RESET_PATH}")


def new_password(sender: Sender, to: Recipient, token: str) -> OutgoingEmail:
    """The link with which a new password is chosen."""
    return sender.compose(to, "new_password", link=f"{sender.url}{RESET_PATH}/{token}")


def password_changed(sender: Sender, to: Recipient) -> OutgoingEmail:
    """That the password is another one now."""
    return sender.compose(to, "password_changed", link=f"{sender.url}{RESET_PATH}")
