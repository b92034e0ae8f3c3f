"""All options that there are: what is said of them, and the places that are derived from it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.commands.options.ineffective import RULES
from rpcx.commands.parsing import COMMANDS, all_commands
from rpcx.config.option import Group, Option, Variable
from rpcx.documents.forms import InputForm
from rpcx.help.layout import examples_of
from rpcx.output.forms import Form
from rpcx.output.reports import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

HELP = Path(__file__).parents[3] / "cli" / "rpcx" / "help"
ALL = all_commands()
DECLARED: list[tuple[str, Option]] = [
    (command, option) for command in COMMANDS for option in ALL.commands[command].options.values()
]
IDS = [f"{command} {option.name}" for command, option in DECLARED]
OPTIONS = {option.name: option for _, option in reversed(DECLARED)}
SCREEN = 24

NO_VARIABLE = {
    "--data", "--call", "--plan", "--total", "--duration", "--ramp", "--rows", "--allow-env",
    "--script", "--example", "--merge", "--compare",
}  # fmt: skip
"""What is sent, how much of it, and what is done with it: typed each time (design, section 2)."""

OTHER_FORMS = {"list", "report"}
"""Commands whose `--output` has forms of its own: RPCX_OUTPUT is for `call` and `stream`."""


@pytest.mark.parametrize(("command", "option"), DECLARED, ids=IDS)
def test_a_declaration_is_complete(command: str, option: Option) -> None:
    """Each has a sentence of help, a heading, and a metavar exactly where it takes a value."""
    assert re.fullmatch(r"[A-Z].*[.)]", option.help, re.DOTALL), option.help
    assert option.group in Group
    assert bool(option.metavar) == option.takes_value
    assert ("(repeatable" in option.help) == option.repeatable or command == "stream"
    assert re.fullmatch(r"-[A-Za-z]|", option.short)


@pytest.mark.parametrize(("command", "option"), DECLARED, ids=IDS)
def test_it_has_a_variable_if_it_says_where_or_how(command: str, option: Option) -> None:
    """`RPCX_` and its name; none for what is sent and how much."""
    none = option.name in NO_VARIABLE or (option.key == "output" and command in OTHER_FORMS)
    assert (option.variable is None) == none
    assert none or option.variable == "RPCX_" + option.name[2:].replace("-", "_").upper()


def test_no_variable_is_of_two_options() -> None:
    """A variable that two commands read means the same in both."""
    meanings: dict[str, set[tuple[str, str, bool]]] = {}
    for _, option in DECLARED:
        if option.variable is not None:
            meaning = (option.name, option.metavar, option.repeatable)
            meanings.setdefault(option.variable, set()).add(meaning)
    assert [name for name, found in meanings.items() if len(found) > 1] == []
    assert "RPCX_KEY_PASSWORD" not in meanings


@pytest.mark.parametrize("command", COMMANDS)
def test_no_name_is_given_twice_in_a_command(command: str) -> None:
    """Short, long and foreign names."""
    names = [
        name
        for option in ALL.options_of(command)
        for name in (*option.names, *option.also, *option.also_file)
    ]
    assert len(names) == len(set(names))


def test_a_short_name_means_one_option_everywhere() -> None:
    """`-o` is --output in every command that has it."""
    shorts = {(option.short, option.name) for _, option in DECLARED if option.short}
    assert len(shorts) == len({short for short, _ in shorts})


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_does_is_said_once(command: str) -> None:
    """Its summary is the first line of its help, and `rpcx --help` shows it on one line."""
    text = ALL.commands[command].help or ""
    assert text.splitlines()[0] == COMMANDS[command].summary
    assert re.search(
        rf"^  {command} +{re.escape(COMMANDS[command].summary)}$", shown(), re.MULTILINE
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_some_examples(command: str) -> None:
    """Three to five, each on a line of 80 columns and about this command."""
    examples = examples_of(ALL.commands[command].help or "")
    assert 3 <= len(examples) <= 5
    for line in examples:
        assert len(line) <= 78
        assert f"rpcx {command}" in line


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_part_of_help_is_longer_than_a_screen(command: str, columns: int) -> None:
    """No line is wider than the terminal either."""
    text = shown(command, columns)
    assert all(len(line) <= columns for line in text.splitlines())
    parts = text.split("\n\n")
    assert [part for part in parts if part.count("\n") >= SCREEN] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_every_option_under_its_heading(command: str) -> None:
    """In the order of the headings, each option once."""
    found: dict[str, str] = {}
    for heading, body in re.findall(r"^(\w[\w ]*):\n((?:  .*\n)+)", shown(command), re.MULTILINE):
        for names in re.findall(r"^  (?:-\w, )?(--[a-z-]+)", body, re.MULTILINE):
            assert names not in found
            found[names] = heading
    expected = {
        option.name: option.group.value for option in ALL.commands[command].options.values()
    }
    assert found == expected | {"--help": "Options"}


def test_help_needs_no_grpc() -> None:
    """Neither of rpcx nor of a command."""
    code = (
        "import sys, rpcx.app; sys.argv[1:] = {}\ntry: rpcx.app.run()\n"
        "except SystemExit: print('grpc' in sys.modules)"
    )
    for arguments in (["--help"], ["call", "--help"], ["stream", "--help"], ["serve", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code.format(arguments)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.endswith("False\n")


def shown(command: str = "", columns: int = 80) -> str:
    """What `--help` prints, on a terminal of this width."""
    wanted: Any = ALL.commands[command] if command else ALL
    settings = {**wanted.context_settings, "terminal_width": min(columns, 100) - 2}
    path = f"rpcx {command}".strip()
    context = wanted.make_context(path, [], resilient_parsing=True, **settings)
    return str(wanted.get_help(context)) + "\n"


def escaped(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("{{", "`{{").replace("}}", "}}`")


def environment_rows() -> Iterator[str]:
    """A row for each variable of an option."""
    variables = {option.variable: option for option in OPTIONS.values() if option.variable}
    for variable in sorted(variables):
        option = variables[variable]
        lines = "; one a line" if option.repeatable else ""
        yield f"| `{variable}` | `{'/'.join(option.names)}`{lines} |"


def option_rows() -> Iterator[str]:
    """A section for each heading, with a row for each option and those who have it."""
    by_text: dict[tuple[str, Group, str], list[str]] = {}
    for command, option in DECLARED:
        value = f" {option.metavar}" if option.metavar else ""
        names = f"`{', '.join(option.names)}{value}`".replace("|", "\\|")
        default = f" Default: {option.default}." if option.default else ""
        key = (names, option.group, escaped(option.help) + default)
        by_text.setdefault(key, []).append(command)
    for group in Group:
        yield f"## {group.value}\n\n| option | of | what it does |\n| --- | --- | --- |"
        for (names, where, text), commands in by_text.items():
            if where is group:
                yield f"| {names} | {', '.join(commands)} | {text} |"
        yield ""


@pytest.mark.parametrize(
    ("page", "start", "end", "rows"),
    [
        ("environment.md", "| variable | option |\n| --- | --- |\n", "\nOther", environment_rows),
        ("options.md", "`rpcx help COMMAND` shows those of one command.\n\n", "", option_rows),
    ],
)
def test_the_manual_lists_exactly_what_there_is(
    page: str, start: str, end: str, rows: Any, regenerate: bool
) -> None:
    """Every option and every variable, from the declarations; --regenerate writes them anew."""
    text = (HELP / page).read_text(encoding="utf-8")
    before, _, rest = text.partition(start)
    after = end + rest.partition(end)[2] if end else ""
    expected = before + start + "\n".join(rows()) + ("\n" if end else "") + after
    if regenerate:
        (HELP / page).write_text(expected, encoding="utf-8")
    assert (HELP / page).read_text(encoding="utf-8") == expected


def test_the_other_variables_are_those_that_the_code_reads() -> None:
    """Variables `RPCX_…` that are of no option are in the page, too."""
    text = (HELP / "environment.md").read_text(encoding="utf-8")
    package = HELP.parent
    read = {
        name
        for path in package.rglob("*.py")
        for name in re.findall(r"environb?\.get\(b?\"(RPCX_\w+)", path.read_text(encoding="utf-8"))
    }
    assert read
    assert all(f"`{name}`" in text for name in read)


def test_remarks_are_about_options_of_call() -> None:
    """The table of options without effect names keys that there are, in its conditions too."""
    values = dict.fromkeys(ALL.commands["call"].options) | {"form": Form.NONE, "summary": False}
    for key, is_useless, _ in RULES:
        assert key in values
        is_useless(values)


@pytest.mark.parametrize(
    ("page", "names"),
    [("output", list(Form)), ("requests", list(InputForm)), ("reports", list(FORMS))],
)
def test_a_page_lists_every_form(page: str, names: list[str]) -> None:
    """Each in a row of its table, and no other word in such a row."""
    text = (HELP / f"{page}.md").read_text(encoding="utf-8")
    tables = [re.findall(r"^\| `([.\w]+)` \|", part, re.MULTILINE) for part in text.split("\n\n")]
    assert names in tables or sorted(names) in map(sorted, tables)


def test_help_names_every_report() -> None:
    """`--report` says which extensions there are."""
    assert re.findall(r"\.[a-z]+\b", OPTIONS["--report"].help) == list(FORMS)


def test_own_variables_are_those_that_add() -> None:
    """The two whose typed values do not replace those of the environment, as the manual says."""
    own = {option.variable for option in OPTIONS.values() if option.variable_is is Variable.OWN}
    text = (HELP / "environment.md").read_text(encoding="utf-8")
    assert own == set(re.findall(r"`(RPCX_\w+)` and `(RPCX_\w+)` are", text)[0])
