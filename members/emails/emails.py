"""What mails to members are made of, and those about their accounts."""

from msgspec import Struct

from members.emails.translations import Words, words_in

VERIFY_PATH = "/verify"
RESET_PATH = "/reset"
FOUND_PATH = "/found"


class Letter(Struct, frozen=True):
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

    def words(self, to: Recipient) -> Words:
        """The words for somebody."""
        return words_in(to.letters_in or self.language)

    def letter(self, to: Recipient, key: str, **facts: object) -> Letter:
        """The letter with this key: its words are our own, so that a mail cannot be made to say what somebody put into a
        name; what was written by others stands in the facts."""
        words = self.words(to)
        common = {
            "community": self.community,
            "handle": to.handle,
            "not_you": words.say("not_you"),
            "court": words.say("court"),
        }
        subject, text = (words.say(f"{key}.{part}", **(common | facts)) for part in ("subject", "text"))
        return self.written(to, subject, text)

    def written(self, to: Recipient, subject: str, text: str) -> Letter:
        """A letter of these words: it greets, and its last line says where it comes from."""
        words = self.words(to)
        hello = words.say("hello", handle=to.handle) if to.handle else words.say("hello_nobody")
        whole = f"{hello}\n\n{text}\n\n-- \n{self.community}\n{self.url}\n"
        # A subject is one line, whatever the title is that it was made of.
        return Letter(to.email, f"{' '.join(subject.split())} ({self.community})", whole, words.language)


def confirm_address(sender: Sender, to: Recipient, token: str) -> Letter:
    """The link that proves an address."""
    return sender.letter(to, "confirm_address", link=f"{sender.url}{VERIFY_PATH}/{token}")


def have_account(sender: Sender, to: Recipient) -> Letter:
    """To somebody whose address was given for another account."""
    return sender.letter(to, "have_account", link=f"{sender.url}{RESET_PATH}")


def address_leaves(sender: Sender, to: Recipient) -> Letter:
    """To the address that was proved so far, when another one is to take its place."""
    return sender.letter(to, "address_leaves", link=f"{sender.url}{RESET_PATH}")


def new_password(sender: Sender, to: Recipient, token: str) -> Letter:
    """The link with which a new password is chosen."""
    return sender.letter(to, "new_password", link=f"{sender.url}{RESET_PATH}/{token}")


def password_changed(sender: Sender, to: Recipient) -> Letter:
    """That the password is another one now."""
    return sender.letter(to, "password_changed", link=f"{sender.url}{RESET_PATH}")
