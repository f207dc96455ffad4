"""Who wrote a mail: the mailbox in From, or behind a From that a mailing list put in its place."""

import re

from forum.mails.header_fields import HeaderFields
from forum.mails.mailboxes import Mailbox, clean_name, parse_mailboxes

# "NAME via LIST" in the languages that list software writes it in.
_VIA = re.compile(
    r"(.{1,200}?)\s*[\s(\[]\s*(?:via|über|through|par l'intermédiaire de|a través de|por meio de|através de|"
    r"通过|通過|经由|經由|عبر|через|door|tramite|przez)\s+\S.*",
    re.I,
)
_WORD = re.compile(r"\w+")
_LIST_ENVELOPE = re.compile(r"\S*(?:-bounces?|-owner|-request|-admin|-errors)[@+]|owner-|bounces?[+@-]", re.I)
_LIST_POST = re.compile(r"mailto:([^>?\s]+)", re.I)
_LIST_ID = re.compile(r"<([^<>\s.]+)\.([^<>\s]+)>\s*$")
# Where list software keeps the author: Google Groups in the first two, Mailman in Reply-To, in Cc where replies go to the
# list, and in X-MailFrom (the envelope).
_ORIGINAL_FIELDS = ("x-original-from", "x-original-sender", "reply-to", "cc", "x-mailfrom")


def find_author(header: HeaderFields, separator: str) -> Mailbox:
    """Return the author of a mail; `separator` is the mbox line before it, for a mail without From."""
    line = header.raw("from")
    if not line.strip():
        # The envelope has the address of the list if a list distributed the mail.
        line = separator.split(" ")[1] if separator.count(" ") else ""
        line = "" if _LIST_ENVELOPE.match(line) else line
    mailboxes = parse_mailboxes(line)
    if not mailboxes:
        return Mailbox("", "")
    return _unmunge(header, mailboxes[0])


def _unmunge(header: HeaderFields, author: Mailbox) -> Mailbox:
    # Only a From with the address of the list itself is believed to stand for somebody else. "ADA via LIST" with any other
    # address can be written by everybody, who would be ADA with a Reply-To of their choice.
    is_from_list = bool(author.address) and author.address in list_addresses(header)
    via = _VIA.fullmatch(author.name)
    if not is_from_list and not via:
        return author
    name = clean_name(via[1]) if via else author.name
    if is_from_list:
        for candidate in _original_mailboxes(header, author.address, name):
            return Mailbox(candidate.name or name, candidate.address)
    # Never one author for all who write through this address.
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
