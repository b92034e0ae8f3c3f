"""Options that belong together, as one record that several commands take."""

from __future__ import annotations

import functools
import inspect
import typing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def with_option_groups(command: Callable[..., int]) -> Callable[..., int]:
    """Let Typer see each field of a command's option groups as an option of its own.

    Args:
        command: A function with parameters whose annotations are NamedTuples; a field of
            one is declared as Typer declares a parameter, `Annotated[..., typer.Option()]`.

    Returns:
        The function that Typer is given: it makes the records and calls the command.
    """
    plain: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        group = parameter.annotation
        if hasattr(group, "_field_defaults"):
            groups[parameter.name] = group
            plain += _options(group)
        else:
            plain.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def expanded(**values: Any) -> int:
        made = {
            name: group(*[values.pop(field) for field in group._fields])
            for name, group in groups.items()
        }
        return command(**values, **made)

    # Typer reads both.
    expanded.__signature__ = inspect.Signature(plain)  # type: ignore[attr-defined] # inspect's own protocol
    expanded.__annotations__ = {parameter.name: parameter.annotation for parameter in plain}
    return expanded


def _options(group: Any) -> list[inspect.Parameter]:
    annotations = typing.get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field,
            inspect.Parameter.KEYWORD_ONLY,
            default=group._field_defaults.get(field, inspect.Parameter.empty),
            annotation=annotations[field],
        )
        for field in group._fields
    ]
