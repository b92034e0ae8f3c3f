"""Expressions between {{ and }}, by Jinja in a sandbox that is bounded in time and room.

The law: a template is an expression over names, nothing else. There are no statements, no
attributes but the keys of mappings, no globals, and only filters whose result is about as
large as what they are given; a product cannot grow beyond bounds either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rpcx.errors import DataError
from rpcx.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST: Final = 4 * 1024 * 1024
"""No rendered text is longer, in characters: it is gRPC's own limit for a message."""

_FILTERS: Final = (
    "abs", "capitalize", "default", "first", "float", "int", "last", "length", "lower", "max",
    "min", "random", "replace", "round", "string", "tojson", "trim", "truncate", "upper",
    "urlencode",
)  # fmt: skip

_LARGEST: Final = 2**64
_NOT_WRITTEN: Final = "\0{block}"


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja, cut down to expressions."""

    intercepted_binops = frozenset(["*", "**"])

    def __init__(self) -> None:
        super().__init__(
            block_start_string=_NOT_WRITTEN.format(block="%"),
            comment_start_string=_NOT_WRITTEN.format(block="#"),
            undefined=StrictUndefined,
            finalize=_as_text,
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002 -- as Jinja has it
        """Refuse every attribute: what mappings hold is looked up before this is asked."""
        return False

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`env.HOME` is a key of `env`, whatever methods a mapping has."""
        return (
            self.getitem(obj, attribute)
            if isinstance(obj, Mapping)
            else super().getattr(obj, attribute)
        )

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers whose product has a bound.

        Raises:
            SecurityError: They are no numbers, or too large.
        """
        for value in (left, right):
            if not isinstance(value, int | float) or abs(value) > _LARGEST:
                raise SecurityError(f"{operator} takes numbers up to 2^64")
        if operator == "**" and abs(right) > 64:  # noqa: PLR2004 -- as above
            raise SecurityError("** takes exponents up to 64")
        return super().call_binop(context, operator, left, right)


class Text:
    """A text with templates in it.

    Args:
        template: Jinja's own.
        source: As it was written.
        where: Where that was, such as `line 3`.
        names: The names that it needs.
    """

    def __init__(self, template: Any, source: str, where: str, names: set[str]) -> None:
        self._render = template.render
        self._source = source
        self._where = where
        self.names = names

    def fill(self, values: Mapping[str, Any]) -> str:
        """The text with the values in it.

        Raises:
            DataError: A name has no value, or the expression can't be worked out.
        """
        try:
            text: str = self._render(values)
        except TemplateError as error:
            raise self._error(str(error.message)) from None
        except Exception as error:  # noqa: BLE001 -- a template may raise anything
            # Whatever arithmetic and filters raise: ZeroDivisionError, TypeError, ...
            raise self._error(str(error)) from None
        if len(text) > LONGEST:
            raise self._error(f"it becomes longer than {LONGEST:,} characters")
        return text

    def _error(self, reason: str) -> DataError:
        return DataError(f"{self._where}: template {quoted(self._source)}: {reason}")


class Sandbox:
    """Compiles texts, once each."""

    def __init__(self) -> None:
        self._environment = _Environment()

    def text(self, source: str, where: str) -> Text | None:
        """A text with templates in it; None where it has none.

        Args:
            source: The text.
            where: Where it stands, for errors.

        Raises:
            DataError: What stands between {{ and }} is no expression.
        """
        if "{{" not in source:
            return None
        try:
            tree = self._environment.parse(source)
            names = meta.find_undeclared_variables(tree)
            template = self._environment.from_string(tree)
        except TemplateSyntaxError as error:
            raise DataError(
                f"{where}: template {quoted(source)}: {error.message}; write {{{{name}}}}"
            ) from None
        except TemplateError as error:
            raise DataError(f"{where}: template {quoted(source)}: {error.message}") from None
        return Text(template, source, where, names)

    def value(self, value: Any, where: str) -> tuple[Callable[[Mapping[str, Any]], Any], set[str]]:
        """A JSON value whose strings may be templates, and the names that they need.

        Args:
            value: As `json.loads` gives it; its keys are no templates.
            where: Where it stands, for errors.

        Returns:
            A function from the values of a call to the JSON value of that call, which
            raises `DataError` as `Text.fill`; and the names.

        Raises:
            DataError: A template is no expression.
        """
        names: set[str] = set()
        return self._filler(value, where, names) or (lambda _: value), names

    def _filler(
        self, value: Any, where: str, names: set[str]
    ) -> Callable[[Mapping[str, Any]], Any] | None:
        """What fills in a value; None where there is nothing to fill in."""
        if isinstance(value, str):
            text = self.text(value, where)
            if text is None:
                return None
            names |= text.names
            return text.fill
        if not isinstance(value, dict | list):
            return None
        places = value.items() if isinstance(value, dict) else enumerate(value)
        fillers = [
            (place, filler)
            for place, part in places
            if (filler := self._filler(part, where, names)) is not None
        ]
        if not fillers:
            return None

        def fill(values: Mapping[str, Any]) -> Any:
            filled = value.copy()
            for place, filler in fillers:
                filled[place] = filler(values)
            return filled

        return fill


class Names(Mapping[str, str]):
    """A mapping whose missing keys say what would work.

    Args:
        values: What there is.
        missing: What to say, with `{}` for the key.
    """

    def __init__(self, values: Mapping[str, str], missing: str) -> None:
        self._values = values
        self._missing = missing

    def __getitem__(self, key: str) -> str:
        if key not in self._values:
            raise SecurityError(self._missing.format(key))
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _as_text(value: Any) -> Any:
    """A value as JSON writes it, without the quotes of a string."""
    if value is None or isinstance(value, bool | dict | list):
        return json.dumps(value)
    return value
