"""rpcx beside ghz, grpcurl and h2load, against one server in Go: `python tests/bench/run.py`.

All programs take turns in every round, in turned order, so that what changes on the machine
meets all of them. The report is Markdown, on standard output; progress goes to standard
error. Everything stays on the loopback. Needs Go for the server; a tool that can't be had is
skipped by name. Some 14 minutes; with --quick, which tells only that it works, about one.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases import Results, measure
from machine import Processors, machine
from openloop import open_loop_cases
from other_servers import other_server_cases
from panel import panel_case
from process import CALLS, memory_cases, startup_case
from services import services_case
from streams import stream_case
from table import report
from tools import (
    GHZ,
    GHZ_2021,
    GRPCURL,
    H2LOAD,
    MissingError,
    available,
    echo_server,
    go_tool,
    h2load,
    server_title,
)
from unary import record_case, unary_cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases import Case

GROUPS: Final = (
    "unary",
    "tls",
    "headers",
    "record",
    "panel",
    "stream",
    "startup",
    "services",
    "memory",
    "open",
)
_FIND: Final[dict[str, Callable[[], Path]]] = {
    **{tool.title: functools.partial(go_tool, tool) for tool in (GHZ, GHZ_2021, GRPCURL)},
    H2LOAD: h2load,
}


def main() -> int:
    """Measure and print; also what there is at an interrupt, and then exit with 130.

    The exit status is 1 where there is no server to call.
    """
    arguments = _arguments()
    began = time.monotonic()
    processors = Processors()

    def tell(sentence: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:4.0f} s] {sentence}\n")
        sys.stderr.flush()

    programs = available(_FIND, tell)
    results = Results()
    try:
        with (
            echo_server() as address,
            tempfile.TemporaryDirectory() as scratch,
            contextlib.ExitStack() as opened,
        ):
            facts = machine(server_title(), programs)
            cases = _cases(arguments, address, programs, Path(scratch), opened)
            complete = _measured(cases, arguments.rounds, tell, results)
    except MissingError as error:
        tell(f"no server to call: {error}")
        return 1
    minutes = (time.monotonic() - began) / 60
    facts.append(f"rounds: {arguments.rounds}, in {minutes:.0f} min; {processors.others()}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"machine": facts, "samples": results.samples}, indent=1) + "\n"
        )
    sys.stdout.write(report(results, facts))
    return 0 if complete else 130


def _measured(
    cases: list[Case], rounds: int, tell: Callable[[str], None], results: Results
) -> bool:
    """Measure, and say whether that went on to the end."""
    try:
        measure(cases, rounds, tell, results)
    except KeyboardInterrupt:
        tell("interrupted: these are the numbers so far")
        return False
    return True


def _cases(
    arguments: argparse.Namespace,
    address: str,
    programs: dict[str, Path],
    scratch: Path,
    opened: contextlib.ExitStack,
) -> list[Case]:
    quick = arguments.quick
    seconds = 0.7 if quick else 3.0
    cases = [
        *unary_cases(address, programs, scratch, seconds),
        *other_server_cases(programs, scratch, seconds, opened),
        record_case(address, seconds),
        panel_case(address, seconds),
        stream_case(address, programs, scratch, seconds),
        startup_case(address, programs, arguments.rounds),
        services_case(address, arguments.rounds, opened),
        *memory_cases(address, most=CALLS[-2] if quick else CALLS[-1]),
        *open_loop_cases(address, 1.5 if quick else 5),
    ]
    return [case for case in cases if case.group in arguments.only]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rounds", type=int, metavar="N", help="how often (default: 5, with --quick 1)"
    )
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=GROUPS,
        metavar="GROUPS",
        help=f"some of {','.join(GROUPS)}",
    )
    parser.add_argument("--quick", action="store_true", help="short runs, nothing to rely on")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here too")
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(GROUPS):
        parser.error(f"--only {','.join(sorted(unknown))}: there are {', '.join(GROUPS)}")
    if arguments.rounds is None:
        arguments.rounds = 1 if arguments.quick else 5
    if arguments.rounds < 1:
        parser.error(f"--rounds {arguments.rounds} is not above 0")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
