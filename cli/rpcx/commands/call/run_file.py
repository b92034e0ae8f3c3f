"""`--plan run.toml`: everything that the options of `rpcx call` can say, in a file.

Its keys are the long names of the options, and `target` and `method`; each `[[call]]` is one
`--call`. What is typed, and then what the environment says, wins over the file.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable


def _apply(context: typer.Context, path: str | None) -> str | None:
    """Make the file's values the defaults of the other options."""
    if path is not None and not context.resilient_parsing:
        options = {_key(parameter): parameter for parameter in context.command.params}
        options.pop("plan")
        context.default_map = _defaults(path, read(path), options)
    return path


def with_plan(command: Callable[..., int]) -> Callable[..., int]:
    """Have errors about options of a plan name its file, key and line."""

    @functools.wraps(command)
    def run(*, context: typer.Context, **values: Any) -> int:
        try:
            return command(context=context, **values)
        except UsageError as error:
            raise _of_plan(context, error) from None

    return run


def origin(context: typer.Context, *flags: str) -> str:
    """Return where a plan has the value of an option, for the end of a sentence.

    Args:
        context: The command's.
        flags: Names of the option, such as `-n` and `--total`.

    Returns:
        Empty where there is no plan, or it does not have this option.
    """
    path = context.params.get("plan")
    for parameter in context.command.params:
        if path is None or not set(flags) & {*parameter.opts, parameter.name}:
            continue
        source = context.get_parameter_source(str(parameter.name))
        if parameter.name in (context.default_map or {}) and (
            source is None or source.name == "DEFAULT_MAP"
        ):
            key = _key(parameter)
            line = _line_of(path, key)
            return f" (--plan {printable(path)!r}, {f'line {line}, ' if line else ''}{key})"
    return ""


def _of_plan(context: typer.Context, error: UsageError) -> UsageError:
    """Return the error with the place in the plan of the option that it is about."""
    flags = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", str(error))
    places = filter(None, (origin(context, flag) for flag in flags))
    place = next(iter(places), "")
    if not place:
        return error
    made = UsageError(f"{error}{place}")
    made.exit_code = error.exit_code
    return made


def _line_of(path: str, key: str) -> int | None:
    """Return the line of a file on which a key stands; None where it is written otherwise."""
    from rpcx.documents.textfiles import read_text

    lines = read_text(path, "--plan", UsageError).splitlines()
    at_key = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    return next((number for number, line in enumerate(lines, 1) if at_key.match(line)), None)


def _key(parameter: Any) -> str:
    """How a run file calls an option or an argument: as its long name, without the dashes."""
    long = [name[2:] for name in parameter.opts if name.startswith("--")]
    return long[0] if long else str(parameter.name)


PlanOption = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="FILE",
        is_eager=True,
        callback=_apply,
        help="Take options from this TOML file; those that are typed win over it.",
        show_default=False,
    ),
]


def read(path: str) -> dict[str, Any]:
    """The keys and values of a run file.

    Raises:
        UsageError: It cannot be read, or is no TOML.
    """
    import tomllib

    from rpcx.documents.textfiles import read_text

    what = f"--plan {printable(path)!r}"
    try:
        return tomllib.loads(read_text(path, what, UsageError), parse_float=_number)
    except RecursionError:
        raise UsageError(f"{what} is not TOML that can be read: it is nested too deep") from None
    except ValueError as error:  # of TOML itself, and of numbers with thousands of digits
        raise UsageError(f"{what} is not TOML: {error}") from None


def _defaults(path: str, values: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Defaults by parameter name.

    Raises:
        UsageError: There is no such option.
    """
    import difflib

    defaults: dict[str, Any] = {}
    for key, value in values.items():
        if key not in options:
            near = difflib.get_close_matches(key, options, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(options))}"
            raise UsageError(f"--plan {printable(path)!r} has {printable(key)!r}; {hint}")
        name = options[key].name
        if getattr(options[key], "multiple", False):
            items = value if isinstance(value, list) else [value]
            defaults[name] = [_as_text(item) for item in items]
        else:
            defaults[name] = value if isinstance(value, bool) else _as_text(value)
        for text in defaults[name] if isinstance(defaults[name], list) else [defaults[name]]:
            if "\0" in str(text):
                raise UsageError(
                    f"--plan {printable(path)!r}: {key} has a NUL character, which no option can"
                    " have"
                )
    return defaults


def _as_text(value: Any) -> str:
    """A value as it would be typed: documents and calls may be written as tables."""
    from rpcx.codec.numbers import exact_json

    return exact_json(value) if isinstance(value, dict | list) else str(value)


def _number(text: str) -> Any:
    """Return a TOML float that keeps its digits: in a document it may be an identifier."""
    from rpcx.codec.numbers import number

    return number(text.replace("_", "").removeprefix("+"))
