"""How many e-mails a second leave, and when the last of 5,000 has left after a post that 5,000 members follow.

python -m bench.mail                     a mail server that answers after 50 ms
python -m bench.mail --delay 0.2 --members 500
"""

import argparse
import asyncio
import sys
from time import perf_counter

from bench.harness.database import Database, server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.service import Service, community, service
from bench.mail.server import MailServer, mail_server

LONGEST = 900.0  # seconds after which it has failed

_FOLLOWERS = """
INSERT INTO members (handle, skeleton, display_name, joined_at, email, email_verified_at)
SELECT 'reader' || n, 'reader' || n, 'Reader ' || n, now(), 'reader' || n || '@mail.example', now()
FROM generate_series(1, $1::int) AS n
"""
_FOLLOWING = """
INSERT INTO following (member_id, topic_id, chosen, mail)
SELECT id, $1, 4, 'at_once' FROM members WHERE email LIKE '%@mail.example'
"""


def main() -> int:
    """Write a post that everybody follows, and wait for the e-mails."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--members", type=int, default=5_000)
    options.add_argument(
        "--delay", type=float, default=0.05, help="seconds for each answer of the mail server"
    )
    chosen = options.parse_args()
    heading(f"{chosen.members:,} e-mails to a mail server that answers after {chosen.delay * 1000:g} ms")
    with server() as postgres, mail_server(chosen.delay) as mails:
        settings = {
            "TERTULIA_SMTP_URL": f"smtp://127.0.0.1:{mails.port}",
            "TERTULIA_MAIL_FROM": "forum@forum.example",
        }
        with service(postgres, settings) as ours:
            figures = asyncio.run(_measure(ours, mails, chosen.members))
    return conclude("mail", figures)


async def _measure(ours: Service, mails: MailServer, count: int) -> list[Figure]:
    async with community(ours) as made:
        people = await made.people(1)
        [topic] = await made.topics(people, 1, 1)
        await ours.database.run(_FOLLOWERS, count)
        await ours.database.run(_FOLLOWING, topic)
        await ours.database.run("VACUUM ANALYZE")
        await asyncio.sleep(5)  # what the preparation has caused is done
        mails.taken.clear()
        await made.reply(people[0], topic, "Something that thousands follow.")
        async with asyncio.timeout(LONGEST):
            await _make_due(ours.database, count)
            began = perf_counter()
            while len(mails.taken) < count:  # noqa: ASYNC110 (the server is in another thread)
                await asyncio.sleep(0.2)
    taken = [one - began for one in mails.taken]
    print(f"  since they were due: the first left after {taken[0]:.1f} s, the last after {taken[-1]:.1f} s")
    print(f"  at most {mails.most_at_once} connections at once")
    return [
        Figure("e-mails that left", len(taken), count),
        Figure("e-mails a second", (len(taken) - 1) / (taken[-1] - taken[0]), 20),
    ]


async def _make_due(database: Database, count: int) -> None:
    """Let e-mails that are sent ten minutes after the post be due as soon as all notifications are there."""
    while (await database.run("SELECT count(*) FROM notifications"))[0][0] < count:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    await database.run("UPDATE notifications SET mail_due_at = now()")


if __name__ == "__main__":
    sys.exit(main())
