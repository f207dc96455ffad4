"""The table of rate limits: the file that comes with the service, and the file of an operator."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tertulia.cli import cli
from tertulia.http.rate_limits import FORMS
from tertulia.limits.table import LimitsUnusable, read_limits, table_lines
from tertulia.settings import BadSettings
from tests.support.source_code import modules


def test_an_operator_changes_only_what_differs(tmp_path: Path) -> None:
    usual = read_limits()
    file = tmp_path / "limits.toml"
    file.write_text("[search]\ncost = 20\n[register]\naddress = { burst = 9, count = 1, seconds = 60 }\n")
    table = read_limits(file)
    assert (table["search"].cost, table["search"].member) == (20, usual["search"].member)
    assert table["register"].address != usual["register"].address == read_limits()["register"].address
    assert {name: row for name, row in table.items() if row != usual[name]}.keys() == {"search", "register"}
    assert "register: cost 5; failed +1; address 9 at once, 1 in 60 s" in "\n".join(table_lines(table))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[serach]\ncost = 2", "has limits for serach, which is no action"),
        ("search = 2", "has a value for search that is no section"),
        ("[search]\ncosts = 2", "section search: Object contains unknown field `costs`"),
        ("[search]\ncost = -1", "section search: Expected `int` >= 0"),
        ("[search]\ncost = 900", "search costs 900, more than the 400 that a burst of requests allows"),
        ("[search]\nmember = { burst = 0, count = 1, seconds = 1 }", "section search: Expected `int` >= 1"),
        ("[search]\nmember = { burst = 5 }", "section search: Object missing required field `count`"),
        ("[search", "is not TOML"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    text: str | None, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "limits.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(LimitsUnusable) as caught:
        read_limits(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_commands_show_and_check_the_table(tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text("[search]\ncost = 20\n")
    runner = CliRunner(env={"TERTULIA_LIMITS": str(file), "TERTULIA_DATA": str(tmp_path)})
    shown, checked = (runner.invoke(cli, ["config", verb]) for verb in ("show", "check"))
    assert shown.exit_code == checked.exit_code == 0
    assert "search: cost 20; member 20 at once, 60 in 60 s;" in shown.output
    file.write_text("[search]\nprice = 20\n")
    fault = f"TERTULIA_LIMITS: {file}, section search: Object contains unknown field `price`"
    for verb in ("show", "check"):
        refused = runner.invoke(cli, ["config", verb])
        assert (refused.exit_code, fault in refused.output) == (1, True)
    refused = runner.invoke(cli, ["serve"])
    assert isinstance(refused.exception, BadSettings)
    assert fault in str(refused.exception)


def test_every_action_of_the_table_exists() -> None:
    """It is an operation of the API or a page, or one of the two names for everything."""
    operations = {
        name for _, text, _ in modules() for name in re.findall(r'operation_id=f?"(\w+)"|"(\w+)": Kind', text)
    }
    table = read_limits()
    assert set(FORMS.values()) <= table.keys()
    assert table.keys() - {"request", "write"} <= {name for pair in operations for name in pair}
