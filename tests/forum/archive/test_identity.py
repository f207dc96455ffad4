"""Tests of the identity of messages: which were imported before, and which only have the id of another one."""

from typing import Any

from forum.archive.archives import Archive
from forum.archive.identity import identify
from forum.mails.mails import Mail


def test_any_number_of_conflicts_is_found_in_one_pass():
    # Going through all remarks for each conflict takes many minutes.
    archive = Archive()
    count = 60_000
    for n in range(count):
        archive.add(_mail(f"m{n}@t.example"), "a.mbox", n + 1)
        archive.remark(n, "charset")
    rows: Any = {f"m{n}@t.example": {"fingerprints": ["other"]} for n in range(count)}
    identify(archive, rows)
    archive.close()

    ids = [message.id for message in archive.messages]
    assert len(set(ids)) == count
    assert [remark.id for remark in archive.remarks] == ids + ids
    assert archive.own_ids[7] == "m7@t.example" != ids[7]


def _mail(identity: str) -> Mail:
    return Mail(
        id=identity,
        parents=(),
        subject="",
        address="",
        name="Jo",
        at=None,
        text="Words.",
        repairs=(),
        fingerprints=("own",),
    )
