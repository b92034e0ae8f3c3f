"""`--call`: which methods one run calls, in which proportion, and with what data."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rpcx.errors import DataError, UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAVIEST: Final = 10_000

_SPEC = re.compile(r"(?:(\d+):)?([^=\s]+)(?:=(.*))?", re.DOTALL)
_LIKE: Final = """write --call 'package.Service/Method={"a":1}', with 3: before it for weight 3"""


class CallSpec(NamedTuple):
    """One method of a run, as typed; the run's own value replaces what is None or empty.

    Attributes:
        method: `package.Service/Method` or `package.Service.Method`.
        data: As each `-d`.
        weight: Its share of the calls.
        header: More headers, as each `-H`.
        timeout: As `-t`.
        rows: As `--rows`.
    """

    method: str
    data: tuple[str, ...] = ()
    weight: int = 1
    header: tuple[str, ...] = ()
    timeout: str | None = None
    rows: str | None = None


def call_specs(method: str | None, data: Sequence[str], calls: Sequence[str]) -> list[CallSpec]:
    """Return the methods that METHOD and the `--call` options name.

    Args:
        method: METHOD; None where it was not given.
        data: `-d`, which is METHOD's.
        calls: Each `[WEIGHT:]METHOD[=DATA]`, or a JSON object with the keys of a run file.

    Raises:
        UsageError: No method is named, or a `--call` is not valid.
    """
    specs = [_parse(text) for text in calls]
    for spec in specs:
        if not 1 <= spec.weight <= HEAVIEST:
            raise UsageError(
                f"--call {printable(spec.method)}: weight {spec.weight} is out of range; give 1 to"
                f" {HEAVIEST:,}"
            )
    if method is not None:
        specs.insert(0, CallSpec(method, tuple(data)))
    elif not specs:
        raise UsageError(f"METHOD is missing: give METHOD, or one or more --call; {_LIKE}")
    elif data:
        raise UsageError(f"-d is the data of METHOD, and METHOD is missing; {_LIKE}")
    return specs


def _parse(text: str) -> CallSpec:
    if text.lstrip().startswith("{"):
        return _of_object(text)
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--call {printable(text)!r} names no method; {_LIKE}")
    weight, method, data = match.groups()
    given = () if data is None else (data,)
    return CallSpec(method, given, int(weight[:9]) if weight else 1)


def _of_object(text: str) -> CallSpec:
    from rpcx.codec.json import parse_json
    from rpcx.documents.json_documents import Document

    what = f"--call {printable(text)!r}"
    try:
        values = parse_json(Document(os.fsencode(text)))
    except DataError as error:
        raise UsageError(f"{what}: {error}; {_LIKE}") from None
    for name in values:
        if name not in CallSpec._fields:
            known = ", ".join(CallSpec._fields)
            raise UsageError(f"{what} has {printable(name)!r}; a call has {known}")
    if not isinstance(values.get("method"), str):
        raise UsageError(f"{what} names no method; {_LIKE}")
    header = values.pop("header", [])
    values["header"] = tuple([header] if isinstance(header, str) else header)
    if not isinstance(values.get("weight", 1), int):
        raise UsageError(f"{what}: its weight is not a whole number")
    values["data"] = _as_data(values.get("data"))
    for name in ("timeout", "rows"):
        if name in values:
            values[name] = str(values[name])
    return CallSpec(**values)


def _as_data(data: Any) -> tuple[str, ...]:
    """Return data as `-d` takes it: a document may also be written as it is."""
    from rpcx.codec.numbers import exact_json

    if data is None:
        return ()
    return (data if isinstance(data, str) else exact_json(data),)
