"""What a failure means: for one e-mail, for its address, or for all e-mails (RFC 5321, 4.2.1; RFC 3463)."""

import re
from typing import Literal

# address: the recipient is refused for good. message: this e-mail is refused for good. later: this e-mail is tried again.
# server: the mail server takes no e-mail at present, or does not want our sender; no e-mail is at fault.
Fault = Literal["address", "message", "later", "server"]

_ENHANCED_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")
# RFC 3463, 3.8: security or policy. The server refuses us or our text: the mailbox may be good.
_POLICY_CLASS = "5.7."
# RFC 5321, 3.8: the server closes the connection.
CLOSING = 421


class MailFailed(Exception):
    """The mail server did not take an e-mail. The message has only codes and can be logged and stored; `answer` may
    contain the address."""

    def __init__(self, reason: str, fault: Fault, answer: str = "") -> None:
        super().__init__(reason)
        self.fault = fault
        self.answer = answer or reason


def refused(step: Literal["sender", "recipient", "message"], code: int, words: str) -> MailFailed:
    """Return the failure for an answer of the mail server to MAIL, RCPT or DATA."""
    found = _ENHANCED_STATUS.match(words)
    status = found[0] if found else ""
    reason = f"the mail server refused the {step}: {code} {status}".strip()
    return MailFailed(reason, _fault_of(step, code, status), f"the mail server refused: {code} {words}")


def _fault_of(step: str, code: int, status: str) -> Fault:
    if step == "sender":
        # 552 is about the size of the message; all else is about us: the password, the sender's domain, the rate.
        return "message" if code == 552 else "server"
    if code == CLOSING:
        return "server" if step == "recipient" else "later"
    if code < 500:
        return "later"
    if step == "message" or status.startswith(_POLICY_CLASS):
        return "message"
    return "address"
