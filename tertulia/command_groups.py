"""Groups of commands whose help shows the whole first sentence of each command."""

import click

# Longer than any sentence: click cuts what is longer, in the middle of what it says.
_LIMIT = 1_000


class Group(click.Group):
    """A group whose list of commands is not cut."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, each with its first sentence."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(_LIMIT)) for name, command in commands if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
