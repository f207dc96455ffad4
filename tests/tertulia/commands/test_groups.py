"""The help of `tertulia` and of its groups: no sentence is cut."""

from collections.abc import Iterator

import click
import pytest

from tertulia.cli import cli


def groups_in(group: click.Group, ctx: click.Context) -> Iterator[tuple[click.Group, click.Context]]:
    yield group, ctx
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, click.Group):
            yield from groups_in(command, click.Context(command, parent=ctx, info_name=name))


GROUPS = list(groups_in(cli, click.Context(cli, info_name="tertulia")))


@pytest.mark.parametrize(("group", "ctx"), GROUPS, ids=[ctx.command_path for _, ctx in GROUPS])
def test_help_shows_whole_sentences(group: click.Group, ctx: click.Context) -> None:
    _, _, commands = group.get_help(ctx).partition("Commands:")
    assert commands and "..." not in commands
    assert commands.count(".\n") >= len(group.list_commands(ctx)) - 1
