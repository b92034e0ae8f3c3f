"""`rpcx report`: show, merge and compare runs that --report FILE.json saved."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.options.reports import VerdictOptions
from rpcx.config.option import Argument, Option, Variable, any_of
from rpcx.errors import UsageError

if TYPE_CHECKING:
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
    from rpcx.console.saved import show_comparison, show_merged, show_run

    reporting = options.reporting()
    as_json = output is ReportForm.JSON
    if merge and compare:
        raise UsageError("--merge and --compare exclude each other; give one of them")
    if compare:
        _check_comparison(files, reporting)
        return show_comparison(files, reporting.shown, as_json=as_json)
    if merge:
        return show_merged(files, reporting, as_json=as_json)
    if len(files) > 1:
        raise UsageError(f"{len(files)} files need --merge or --compare; or give one file")
    return show_run(files[0], reporting, as_json=as_json)


def _check_comparison(files: list[str], reporting: Reporting) -> None:
    if len(files) != 2:  # noqa: PLR2004 -- a comparison is of two
        raise UsageError(
            f"--compare takes two files, and {len(files)} were given; the second is compared with"
            " the first"
        )
    if reporting.paths or reporting.conditions:
        raise UsageError("--report and --fail-if are for one run; drop them or --compare")
