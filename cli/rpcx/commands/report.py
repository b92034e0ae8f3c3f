"""`rpcx report`: shows, merges and compares runs that --report FILE.json saved."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rpcx.commands.option_groups import with_option_groups
from rpcx.commands.report_options import VerdictOptions
from rpcx.errors import DataError, ExitCode, UsageError

if TYPE_CHECKING:
    from rpcx.commands.report_options import Reporting
    from rpcx.stats.run import Run


class ReportForm(enum.StrEnum):
    """The forms of `rpcx report -o`."""

    SUMMARY = "summary"
    JSON = "json"


@with_option_groups
def report(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Reports of runs, written with --report FILE.json."),
    ],
    merge: Annotated[
        bool, typer.Option("--merge", help="Make one run of all: exactly, from their histograms.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Say how the second differs from the first.")
    ] = False,
    output: Annotated[
        ReportForm,
        typer.Option("-o", "--output", envvar="RPCX_OUTPUT", help="Text, or one JSON document."),
    ] = ReportForm.SUMMARY,
    *,
    options: VerdictOptions,
) -> int:
    """Show a saved run, merge several, or compare two."""
    reporting = options.reporting()
    _check(files, reporting, merge=merge, compare=compare)
    runs = [_read(name) for name in files]
    if compare:
        return _compare(files, runs, reporting, output)
    from rpcx.stats.merging import merged

    run = merged(runs) if merge else runs[0]
    return _show(run, reporting, output)


def _check(files: list[str], reporting: Reporting, *, merge: bool, compare: bool) -> None:
    if merge and compare:
        raise UsageError("--merge and --compare: give one of them")
    if len(files) > 1 and not (merge or compare):
        raise UsageError(f"{len(files)} files: say --merge or --compare, or give one file")
    if compare and len(files) != 2:  # noqa: PLR2004 -- a comparison is of two
        raise UsageError(f"--compare takes two files, the first to compare with; not {len(files)}")
    if compare and (reporting.paths or reporting.conditions):
        raise UsageError("--report and --fail-if are about one run; give them without --compare")


def _read(name: str) -> Run:
    import orjson

    from rpcx.stats.run import Run
    from rpcx.text import printable

    shown = printable(name)
    try:
        value = orjson.loads(Path(name).read_bytes())
    except OSError as error:
        raise DataError(f"{shown!r} can't be read: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise DataError(
            f"{shown!r} is no JSON ({error}); give a file that --report FILE.json wrote"
        ) from None
    try:
        return Run.of_object(value)
    except ValueError as error:
        raise DataError(f"{shown!r} {printable(str(error))}") from None


def _show(run: Run, reporting: Reporting, output: ReportForm) -> int:
    import dataclasses

    from rpcx.commands.verdict_exit import judged, write_reports
    from rpcx.output.records import json_line
    from rpcx.output.stdout import Stdout
    from rpcx.output.summary import call_text
    from rpcx.output.terminal import Terminals, width

    percents = sorted({*run.percents, *reporting.percents})
    run = dataclasses.replace(run, percents=percents)
    reporting.check(run.summary())
    run = judged(run, reporting)
    write_reports(run, reporting)
    terminals = Terminals.of_this_process()
    colour = terminals.out and terminals.colour
    stdout = Stdout(terminal=terminals.out, colour=colour)
    if output is ReportForm.JSON:
        stdout.lines([json_line(run.summary())])
    else:
        text = call_text(run.summary(), percents=reporting.shown, colour=colour, width=width())
        stdout.raw(text)
    return ExitCode.FAIL_IF_MET if any(one["met"] for one in run.fail_if) else ExitCode.OK


def _compare(files: list[str], runs: list[Run], reporting: Reporting, output: ReportForm) -> int:
    from rpcx.output.comparison import comparison_text
    from rpcx.output.records import json_line
    from rpcx.output.stdout import Stdout
    from rpcx.output.terminal import Terminals, width
    from rpcx.stats.compare import compared

    found = compared(runs[0], runs[1], reporting.shown)
    terminals = Terminals.of_this_process()
    colour = terminals.out and terminals.colour
    stdout = Stdout(terminal=terminals.out, colour=colour)
    if output is ReportForm.JSON:
        stdout.lines([json_line(found)])
    else:
        names = [Path(name).name for name in files]
        stdout.raw(comparison_text(found, names, colour=colour, width=width()))
    return ExitCode.OK
