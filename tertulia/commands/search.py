"""The command `tertulia search`: the search index."""

import asyncio
import os
import sys
from pathlib import Path

import click

from forum.search.indexing import count_posts_to_index, index_next_posts, reindex_all
from forum.search.languages import known_languages
from storage.database import Database
from tertulia.command_groups import Group
from tertulia.commands.context import run_with_database
from tertulia.community import read_community
from tertulia.settings import read_settings

# Seconds between two checks whether another worker has finished its part.
PAUSE = 0.2


@click.group("search", cls=Group)
def search_group() -> None:
    """Maintain the search index."""


@search_group.command()
@click.option("--data", type=click.Path(path_type=Path), help="data folder of the embedded database")
def reindex(data: Path | None) -> None:
    """Index all posts again, the newest first: after restoring a backup or changing the languages.

    Search works meanwhile with the old index. The service may be running: its worker takes part.
    """
    community = read_community(read_settings(os.environ, data=data).community)
    languages = known_languages(community.taxonomies())

    async def run(db: Database) -> int:
        total = left = await reindex_all(db)
        with click.progressbar(length=total, label="Indexing", file=sys.stderr) as bar:
            while left:
                if not await index_next_posts(languages, db):
                    await asyncio.sleep(PAUSE)
                now = await count_posts_to_index(db)
                bar.update(max(0, left - now))
                left = now
        return total

    click.echo(f"{run_with_database(run, data)} posts were indexed.")
