"""What the mails to members say."""

from msgspec import Struct

VERIFY_PATH = "/verify"
RESET_PATH = "/reset"
FOUND_PATH = "/found"

# Set by us, so that a mail cannot be made to say what somebody put into a name.
_GREETING = "Hello {handle},"
_NOT_YOU = "If it was not you, there is nothing you need to do."


class Letter(Struct, frozen=True):
    """A mail: to whom, about what, and its text. `id` and `thread` are the same whenever it is written, `stop` is the
    address that ends its kind with one click."""

    to: str
    subject: str
    text: str
    id: str = ""
    thread: str = ""
    stop: str = ""


class Sender(Struct, frozen=True):
    """In whose name mails are written: the community's name, and the address of its pages without a slash at the end."""

    community: str
    url: str

    def letter(self, to: str, subject: str, *paragraphs: str) -> Letter:
        """A letter whose last line says where it comes from."""
        text = "\n\n".join([*paragraphs, f"-- \n{self.community}\n{self.url}"])
        return Letter(to, f"{subject} ({self.community})", text + "\n")


def confirm_address(sender: Sender, to: str, handle: str, token: str) -> Letter:
    """The link that proves an address."""
    return sender.letter(
        to,
        "Confirm your address",
        _GREETING.format(handle=handle),
        "please confirm that this is your address. The link is good for 24 hours:",
        f"{sender.url}{VERIFY_PATH}/{token}",
        f"Somebody has given this address to {sender.community}. {_NOT_YOU}",
    )


def have_account(sender: Sender, to: str, handle: str) -> Letter:
    """To somebody whose address was given for another account."""
    return sender.letter(
        to,
        "You have an account already",
        _GREETING.format(handle=handle),
        f"somebody, probably you, has given this address for another account. You have one here: sign in as {handle}, "
        "or take a new password:",
        f"{sender.url}{RESET_PATH}",
        f"The other account cannot use this address. {_NOT_YOU}",
    )


def address_leaves(sender: Sender, to: str, handle: str) -> Letter:
    """To the address that was proved so far, when another one is to take its place."""
    return sender.letter(
        to,
        "Your address is about to change",
        _GREETING.format(handle=handle),
        "another address was given for your account, with your password. It takes the place of this one as soon as it is "
        "confirmed.",
        f"If it was not you, take a new password now: {sender.url}{RESET_PATH}",
    )


def new_password(sender: Sender, to: str, handle: str, token: str) -> Letter:
    """The link with which a new password is chosen."""
    return sender.letter(
        to,
        "A new password",
        _GREETING.format(handle=handle),
        "with this link you choose a new password. It is good for one hour, and once:",
        f"{sender.url}{RESET_PATH}/{token}",
        "What you have asked anonymously cannot be shown as yours any more after that, not even to you.",
        f"Somebody has asked for it on our pages. {_NOT_YOU}",
    )


def password_changed(sender: Sender, to: str, handle: str) -> Letter:
    """That the password is another one now."""
    return sender.letter(
        to,
        "Your password was changed",
        _GREETING.format(handle=handle),
        "your password was changed a moment ago, and other browsers were signed out.",
        f"If it was not you, take a new one now: {sender.url}{RESET_PATH}",
    )


def told(sender: Sender, to: str, handle: str, subject: str, reason: str, path: str) -> Letter:
    """What stands in the inbox too: what it is about, why this member is told, and where it is."""
    return sender.letter(
        to,
        subject,
        _GREETING.format(handle=handle),
        reason,
        f"{sender.url}{path}",
        f"Everything you are told is also in your inbox: {sender.url}/inbox",
    )


def question_answered(sender: Sender, to: str, handle: str, reason: str, path: str) -> Letter:
    """That a question was answered which the member has asked or voted for; the reason says which of the two."""
    return sender.letter(
        to,
        "A question was answered",
        _GREETING.format(handle=handle),
        f"{reason} It was answered now:",
        f"{sender.url}{path}",
        f"Everything you are told is also in your inbox: {sender.url}/inbox",
    )
