"""E-mails that were stored in a folder, because no mail server is set."""

from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path


def forget_stored_mails(folder: Path, words: Sequence[str]) -> None:
    """Delete the e-mails in the folder that contain one of these words, such as an address."""
    for path in folder.glob("*.eml") if words else ():
        message = message_from_bytes(path.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        text = f"{message['To']} {message['Subject']} {body.get_content() if body else ''}"
        if any(word in text for word in words):
            path.unlink(missing_ok=True)
