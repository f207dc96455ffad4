"""`tertulia search`: the index of what was written."""

import asyncio
import os
import sys
from pathlib import Path

import click

from forum.search.indexing import count_queued_posts, index_next_posts, queue_all_posts
from forum.search.languages import known_languages
from storage.database import Database
from tertulia.commands.context import run_with_database
from tertulia.community import read_community
from tertulia.settings import read_settings

# Seconds until it is looked again whether another worker is done with its part.
PAUSE = 0.2


@click.group("search")
def search_group() -> None:
    """Look after the index of what was written."""


@search_group.command()
@click.option("--data", type=click.Path(path_type=Path), help="data folder of the embedded database")
def reindex(data: Path | None) -> None:
    """Read everything that was written anew, the newest first, as after a restored backup or other languages.

    Search goes on meanwhile, with what is known. The service may run: its worker takes part.
    """
    community = read_community(read_settings(os.environ, data=data).community)
    languages = known_languages(community.taxonomies())

    async def work(db: Database) -> int:
        total = left = await queue_all_posts(db)
        with click.progressbar(length=total, label="Reading", file=sys.stderr) as bar:
            while left:
                if not await index_next_posts(languages, db):
                    await asyncio.sleep(PAUSE)
                now = await count_queued_posts(db)
                bar.update(max(0, left - now))
                left = now
        return total

    click.echo(f"{run_with_database(work, data)} posts were read.")
