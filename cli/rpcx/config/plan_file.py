"""`--plan run.toml`: everything that the options of `rpcx call` can say, in a file.

Its keys are the long names of the options, and `target` and `method`; each `[[call]]` is one
`--call`. What is typed, and then what the environment says, wins over the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping


def of_plan(path: str, keys: Mapping[str, tuple[str, bool]]) -> dict[str, Any]:
    """Return the values of a plan by the names of the parameters that they are for.

    Args:
        path: The file.
        keys: For each key that a plan may have, its parameter and whether it takes several values.

    Raises:
        UsageError: The file cannot be read, is not TOML, or has a key that is not there.
    """
    found: dict[str, Any] = {}
    for key, value in _read(path).items():
        if key not in keys:
            raise UsageError(
                f"--plan {printable(path)!r} has {printable(key)!r}; {_instead(key, keys)}"
            )
        name, repeatable = keys[key]
        if repeatable:
            found[name] = [
                _as_text(item) for item in (value if isinstance(value, list) else [value])
            ]
        else:
            found[name] = value if isinstance(value, bool) else _as_text(value)
        if "\0" in str(found[name] if not repeatable else "".join(found[name])):
            raise UsageError(
                f"--plan {printable(path)!r}: {key} has a NUL character, which no option can have"
            )
    return found


def place(path: str, key: str) -> str:
    """Return the place of a key in a plan, to end a sentence with."""
    from rpcx.documents.textfiles import read_text  # noqa: PLC0415 -- for an error alone

    lines = read_text(path, "--plan", UsageError).splitlines()
    at_key = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    line = next((number for number, line in enumerate(lines, 1) if at_key.match(line)), None)
    return f" (--plan {printable(path)!r}, {f'line {line}, ' if line else ''}{key})"


def _instead(key: str, keys: Mapping[str, object]) -> str:
    import difflib  # noqa: PLC0415 -- for an error alone

    near = difflib.get_close_matches(key, keys, 1)
    return f"did you mean {near[0]}?" if near else f"its keys are {', '.join(sorted(keys))}"


def _read(path: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 -- only a plan needs it

    from rpcx.documents.textfiles import read_text  # noqa: PLC0415 -- as above

    what = f"--plan {printable(path)!r}"
    try:
        return tomllib.loads(read_text(path, what, UsageError), parse_float=_number)
    except RecursionError:
        raise UsageError(f"{what} is not TOML that can be read: it is nested too deep") from None
    except ValueError as error:  # of TOML itself, and of numbers with thousands of digits
        raise UsageError(f"{what} is not TOML: {error}") from None


def _as_text(value: Any) -> str:
    """Return a value as it would be typed: documents and calls may be written as tables."""
    from rpcx.codec.numbers import exact_json  # noqa: PLC0415 -- only a plan needs it

    return exact_json(value) if isinstance(value, dict | list) else str(value)


def _number(text: str) -> Any:
    """Return a TOML float that keeps its digits: in a document it may be an identifier."""
    from rpcx.codec.numbers import number  # noqa: PLC0415 -- only a plan needs it

    return number(text.replace("_", "").removeprefix("+"))
