"""`rpcx report`: show, merge and compare runs that --report FILE.json saved."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.options.reports import VerdictOptions
from rpcx.config.option import Argument, Option, Variable, any_of
from rpcx.errors import DataError, ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.stats.run import Run
    from rpcx.verdict.reporting import Reporting


class ReportForm(enum.StrEnum):
    """The forms of `rpcx report -o`."""

    SUMMARY = "summary"
    JSON = "json"


@with_option_groups
def report(
    files: Annotated[
        list[str], Argument("FILE...", "Saved runs, as --report FILE.json writes them.")
    ],
    merge: Annotated[
        bool,
        Option("Make one run of all, exactly, from their histograms.", variable_is=Variable.NONE),
    ] = False,
    compare: Annotated[
        bool,
        Option("Show how the second run differs from the first.", variable_is=Variable.NONE),
    ] = False,
    output: Annotated[
        ReportForm,
        # RPCX_OUTPUT is not for it: that has the forms of `call` and `stream`.
        Option(f"Print {any_of(ReportForm)}.", "FORM", short="-o", variable_is=Variable.NONE),
    ] = ReportForm.SUMMARY,
    *,
    options: VerdictOptions,
) -> int:
    """Show a saved run, merge several, or compare two.

    A run is saved with rpcx call … --report FILE.json.

    Examples:
      rpcx report run.json
      rpcx report run.json -o json
      rpcx report run.json --report run.csv --fail-if 'p99>2s'
      rpcx report --merge a.json b.json
      rpcx report --compare a.json b.json
    """
    reporting = options.reporting()
    _check(files, reporting, merge=merge, compare=compare)
    values = [_read(name) for name in files]
    if not (merge or compare) and _is_of_stream(values[0]):
        return _show_stream(files[0], values[0], reporting, output)
    runs = list(map(_run_of, files, values))
    if compare:
        return _compare(files, runs, reporting, output)
    from rpcx.stats.merging import merged

    return _show(merged(runs) if merge else runs[0], reporting, output)


def _check(files: list[str], reporting: Reporting, *, merge: bool, compare: bool) -> None:
    if merge and compare:
        raise UsageError("--merge and --compare exclude each other; give one of them")
    if len(files) > 1 and not (merge or compare):
        raise UsageError(f"{len(files)} files need --merge or --compare; or give one file")
    if compare and len(files) != 2:  # noqa: PLR2004 -- a comparison is of two
        raise UsageError(
            f"--compare takes two files, and {len(files)} were given; the second is compared with"
            " the first"
        )
    if compare and (reporting.paths or reporting.conditions):
        raise UsageError("--report and --fail-if are for one run; drop them or --compare")


def _read(name: str) -> Any:
    import orjson

    from rpcx.documents.textfiles import read_bytes
    from rpcx.words.printable import printable

    shown = printable(name)
    try:
        return orjson.loads(read_bytes(name, repr(shown), DataError))
    except orjson.JSONDecodeError as error:
        raise DataError(
            f"{shown!r} is not JSON ({error}); give a file that --report FILE.json wrote"
        ) from None


def _run_of(name: str, value: Any) -> Run:
    from rpcx.stats.saved_run import saved_run
    from rpcx.words.printable import printable

    try:
        return saved_run(value)
    except ValueError as error:
        raise DataError(f"{printable(name)!r} {printable(str(error))}") from None


def _is_of_stream(value: Any) -> bool:
    from rpcx.stats.summary import VERSION

    return isinstance(value, dict) and (value.get("version"), value.get("command")) == (
        VERSION,
        "stream",
    )


def _show_stream(
    name: str, summary: dict[str, Any], reporting: Reporting, output: ReportForm
) -> int:
    from rpcx.output.stream_summary import stream_text
    from rpcx.stats.saved import check_stream, percents_of
    from rpcx.words.printable import printable

    if reporting.paths:
        raise UsageError("--report cannot rewrite a saved run of streams; copy its file instead")
    try:
        check_stream(summary)
    except ValueError as error:
        raise DataError(f"{printable(name)!r} {printable(str(error))}") from None
    reporting.check(summary)
    summary = summary | {"fail_if": list(reporting.judged(summary))}
    text = b""
    if output is ReportForm.SUMMARY:
        # The round trip has the percentiles that it was saved with.
        percents = percents_of(summary["round_trip_ms"])
        colour, columns = _colour_and_width()
        text = stream_text(summary, percents, colour=colour, width=columns)
    _print(summary, text)
    return _verdict(summary["fail_if"])


def _colour_and_width() -> tuple[bool, int]:
    from rpcx.output.terminal import Terminals, width

    terminals = Terminals.of_this_process()
    return terminals.out and terminals.colour, width()


def _print(value: Any, text: bytes) -> None:
    """Print the text, or the value as JSON if the text is empty."""
    from rpcx.output.records import json_line
    from rpcx.output.terminal import Terminals

    stdout = Terminals.of_this_process().stdout()
    if text:
        stdout.raw(text)
    else:
        stdout.lines([json_line(value)])


def _verdict(fail_if: Sequence[dict[str, Any]]) -> int:
    return ExitCode.FAIL_IF_MET if any(one["met"] for one in fail_if) else ExitCode.OK


def _show(run: Run, reporting: Reporting, output: ReportForm) -> int:
    from rpcx.output.reports import write_each, write_report
    from rpcx.output.summary import call_text

    run = run._replace(percents=sorted({*run.percents, *reporting.percents}))
    reporting.check(run.summary())
    run = reporting.judged_run(run)
    unwritten = write_each(reporting.paths, lambda path: write_report(path, run))
    summary, text = run.summary(), b""
    if output is ReportForm.SUMMARY:
        colour, columns = _colour_and_width()
        text = call_text(summary, percents=reporting.shown, colour=colour, width=columns)
    _print(summary, text)
    if unwritten is not None:
        raise unwritten
    return _verdict(run.fail_if)


def _compare(files: list[str], runs: list[Run], reporting: Reporting, output: ReportForm) -> int:
    from rpcx.output.comparison import comparison_text
    from rpcx.stats.compare import compared

    found, text = compared(runs[0], runs[1], reporting.shown), b""
    if output is ReportForm.SUMMARY:
        short = [Path(name).name for name in files]
        colour, columns = _colour_and_width()
        names = files if short[0] == short[1] else short
        text = comparison_text(found, names, colour=colour, width=columns)
    _print(found, text)
    return ExitCode.OK
