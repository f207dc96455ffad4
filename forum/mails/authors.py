"""Who wrote a mail: the mailbox in From, or behind a From that a mailing list put in its place."""

import re

from forum.mails.encoded_words import decode_words
from forum.mails.header_fields import HeaderFields
from forum.mails.mailboxes import Mailbox, clean_address, clean_name, parse_mailboxes

# "NAME via LIST" in the languages that list software writes it in.
_VIA_WORDS = (
    r"(?:via|über|through|par l'intermédiaire de|a través de|por meio de|através de|عبر|через|door|tramite|przez)"
    r"\s+\S"
)
_VIA = re.compile(
    rf"(.{{1,200}}?)(?:\s*[\s(\[]\s*{_VIA_WORDS}|\s*[(\[]?\s*(?:通过|通過|经由|經由)\s*\S).*",
    re.I,
)
# An address in the name: Sympa and Google write it for members without a name.
_ADDRESS_AS_NAME = re.compile(r"([^\s@<>()\"',;:]{1,64})@[^\s@<>()\"',;:]{1,189}")
_VIA_LIST = re.compile(rf"[\s(\[]*{_VIA_WORDS}", re.I)
# IETF's form: <ada=40example.org@dmarc.ietf.org>.
_ENCODED_ADDRESS = re.compile(r"([^@]{1,64})=40([^@]{1,150})@dmarc\.[^@]{1,60}")
# Accounts of programs, under which many people write.
_SERVICE = re.compile(
    r"(?:.*[._+-])?(?:no-?reply|do-?not-?reply|notifications?|dmarc|bounces?|mailer-daemon|jira|bugzilla|redmine|gitlab|"
    r"trac|gerrit|listserv|mailman|majordomo)(?:[._+-].*)?@.*|reply@reply\..*"
)
_WORD = re.compile(r"\w+")
_LIST_ENVELOPE = re.compile(r"\S*(?:-bounces?|-owner|-request|-admin|-errors)[@+]|owner-|bounces?[+@-]", re.I)
_LIST_POST = re.compile(r"mailto:([^>?\s]+)", re.I)
_LIST_ID = re.compile(r"<([^<>\s.@]+)[.@]([^<>\s@]+)>\s*$")
# Where list software keeps the author: Google Groups in the first two, Mailman in Reply-To, in Cc where replies go to the
# list, and in X-MailFrom (the envelope).
_ORIGINAL_FIELDS = ("x-original-from", "x-original-sender", "reply-to", "cc", "x-mailfrom")


def find_author(header: HeaderFields, separator: str) -> Mailbox:
    """Return the author of a mail; `separator` is the mbox line before it, for a mail without From."""
    lines = header.raw_all("from")
    line = next((line for line in lines if line.strip()), "")
    if not line:
        line = header.raw("sender")
        line = "" if any(_is_of_list(header, one.address) for one in parse_mailboxes(line)) else line
    if not line.strip():
        # The envelope has the address of the list if a list distributed the mail.
        line = separator.split(" ")[1] if separator.count(" ") else ""
        line = "" if _LIST_ENVELOPE.match(line) else line
    mailboxes = parse_mailboxes(line)
    if not mailboxes:
        return Mailbox("", "")
    author = _unmunge(header, mailboxes[0], line)
    if len({one.address for other in lines for one in parse_mailboxes(other)[:1]}) > 1:
        # With two fields, mail programs disagree about the author.
        return Mailbox(author.name, "")
    return author


def _is_of_list(header: HeaderFields, address: str) -> bool:
    """Return whether an address is that of the list, or of its software."""
    if address in list_addresses(header):
        return bool(address)
    domains = {domain_of(one) for one in list_addresses(header)}
    return bool(_LIST_ENVELOPE.match(address)) or (
        domain_of(address) in domains and bool(_SERVICE.match(address))
    )


def _unmunge(header: HeaderFields, author: Mailbox, line: str) -> Mailbox:
    # Only a From with the address of the list itself is believed to stand for somebody else. "ADA via LIST" with any other
    # address can be written by everybody, who would be ADA with a Reply-To of their choice.
    is_from_list = bool(author.address) and _is_of_list(header, author.address)
    via = _VIA.fullmatch(author.name)
    if encoded := _ENCODED_ADDRESS.fullmatch(author.address):
        return Mailbox(author.name, clean_address(f"{encoded[1]}@{encoded[2]}"))
    if not is_from_list and not via:
        # Never one author for all who write through this address.
        return Mailbox(author.name, "") if author.name and _SERVICE.match(author.address) else author
    name = clean_name(via[1]) if via else author.name
    if not name or _VIA_LIST.match(name):
        found = _ADDRESS_AS_NAME.search(decode_words(line))
        name = clean_name(found[1]) if found and found[0].lower() != author.address else ""
    if is_from_list:
        for candidate in _original_mailboxes(header, author.address, name):
            return Mailbox(candidate.name or name, candidate.address)
    return Mailbox(name, "") if name else author


def domain_of(address: str) -> str:
    """Return the domain of an address; "" if it has none."""
    return address.partition("@")[2]


def list_addresses(header: HeaderFields) -> set[str]:
    """Return the addresses of the list that distributed a mail, by what its software wrote into the header."""
    addresses = {found.lower() for found in _LIST_POST.findall(header.raw("list-post"))}
    if list_id := _LIST_ID.search(header.raw("list-id")):
        addresses.add(f"{list_id[1]}@{list_id[2]}".lower())
    if addresses:
        # List software replaces these two. The others can be the author's own.
        return addresses
    for field in ("x-mailing-list", "x-beenthere", "mailing-list"):
        if value := header.raw(field):
            addresses |= {mailbox.address for mailbox in parse_mailboxes(value) if mailbox.address}
    return addresses


def _original_mailboxes(header: HeaderFields, list_address: str, name: str) -> list[Mailbox]:
    lists = list_addresses(header)
    domain = domain_of(list_address)
    found = []
    for field in _ORIGINAL_FIELDS:
        mailboxes = [one for one in parse_mailboxes(header.raw(field)) if one.address]
        own = [one for one in mailboxes if one.address not in lists]
        if field in ("reply-to", "cc"):
            # The author can write other people there; then the name in From decides.
            is_one = len(own) == 1 and field == "reply-to"
            own = [one for one in own if _same_name(one.name, name) or (is_one and not one.name)]
        elif field == "x-mailfrom":
            own = [
                one for one in own if not one.address.endswith("@" + domain) and "bounce" not in one.address
            ]
        found += own
    return found


def _same_name(one: str, other: str) -> bool:
    return bool(one) and sorted(_WORD.findall(one.casefold())) == sorted(_WORD.findall(other.casefold()))
