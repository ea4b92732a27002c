"""Help, version, exit codes, streams."""

import re

import pytest

COMMANDS = ["build-aggregates", "check", "compact", "create", "create-index", "create-table",
            "create-view", "doctor", "drop-table", "export", "gc", "import", "insert", "optimize",
            "query", "refresh-view", "replicate", "snapshots"]


def test_version(cli):
    assert re.fullmatch(r"icefalldb \d+\.\d+\.\d+\n", cli.ok("--version").out)


def test_help_lists_the_commands(cli):
    result = cli.ok("--help")
    assert "Usage:" in result.out and result.err == ""
    for command in COMMANDS:
        assert f"  {command} " in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(cli, command):
    result = cli.ok(command, "--help")
    assert f"Example: icefalldb {command} " in result.out and result.err == ""


@pytest.mark.parametrize("arguments", [
    ["query"], ["query", "db", "SELECT 1", "--nonsense"], ["create", "db"],
    ["query", "db", "SELECT 1", "--snapshot", "x"], ["query", "db", "SELECT 1", "extra"]])
def test_usage_errors_exit_with_2(cli, arguments):
    result = cli.run(*arguments)
    assert result.code == 2 and result.out == ""
    assert result.err.startswith(f"icefalldb {arguments[0]}: ")


def test_no_and_unknown_commands_exit_with_2(cli):
    assert cli.run().code == 2
    assert cli.run("nonsense").code == 2


def test_failures_print_on_stderr_only(cli):
    result = cli.run("query", "missing", "SELECT 1")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("icefalldb query: ")


def test_check_passes_on_what_the_engine_wrote(orders):
    orders.ok("query", "db", "DELETE FROM orders WHERE order_id = 1")
    orders.ok("query", "db", "UPDATE orders SET amount = 1")
    for flags in [[], ["--data"]]:
        assert orders.ok("check", "db", "orders", *flags).out == "check passed\n"


def test_check_passes_on_an_empty_table(cli):
    cli.ok("create", "db", "t")
    assert cli.ok("check", "db", "t", "--data").out == "check passed\n"


def test_an_unknown_command_is_named(cli):
    result = cli.run("upsert", "db", "t")
    assert result.code == 2
    assert result.err == ("icefalldb: there is no command 'upsert'\n"
                          "Run `icefalldb --help` for a list.\n")
