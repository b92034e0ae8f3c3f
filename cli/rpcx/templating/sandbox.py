"""Texts with expressions between {{ and }}: compiled once, filled in call by call.

The law: a template is an expression over names, nothing else. Jinja reads it, and
`expressions` evaluates it, bounded in time and room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, TemplateError, TemplateSyntaxError, nodes

from rpcx.errors import DataError
from rpcx.templating.bounds import ExpressionError, Scope, check_size, text_of
from rpcx.templating.expressions import Evaluate, compiled
from rpcx.templating.foreign import MARK, hint_for
from rpcx.words.printable import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NOT_WRITTEN: Final = "\0{block}"


class Text:
    """A text with templates in it.

    Args:
        parts: What stands between templates, and the templates' expressions.
        source: As it was written.
        where: Where that was, such as `line 3`.
        names: The names that it needs.
    """

    def __init__(
        self, parts: Sequence[str | Evaluate], source: str, where: str, names: set[str]
    ) -> None:
        self._parts = parts
        self._source = source
        self._where = where
        self.names = names

    def fill(self, values: Mapping[str, Any]) -> str:
        """Return the text with the values in it.

        Raises:
            DataError: A name has no value, or the expression cannot be worked out.
        """
        return self.filled(Scope(values))

    def filled(self, scope: Scope) -> str:
        """Return the same as a part of a larger filling-in; raises as `fill`."""
        try:
            text = "".join(
                [
                    part if isinstance(part, str) else scope.bounded(text_of(part(scope)))
                    for part in self._parts
                ]
            )
            check_size(len(text))
        except Exception as error:  # noqa: BLE001 -- whatever arithmetic and filters raise
            raise _error(self._where, self._source, error) from None
        return text


def _error(where: str, source: str, error: Exception) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError(f"{where}: template {quoted(source)}: {reason}")


class Sandbox:
    """Compiles texts, once each."""

    def __init__(self) -> None:
        self._environment = Environment(  # noqa: S701 -- it only reads: nothing is rendered
            block_start_string=_NOT_WRITTEN.format(block="%"),
            comment_start_string=_NOT_WRITTEN.format(block="#"),
            keep_trailing_newline=True,
        )

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
            # Not by jinja2.meta: that works out what is constant, without any bound.
            names = {node.name for node in tree.find_all(nodes.Name)}
            parts = list(map(_part, self._pieces(tree)))
        except TemplateSyntaxError as error:
            raise DataError(
                f"{where}: template {quoted(source)}: {error.message}"
                f"{hint_for(source) or '; write {{name}}'}"
            ) from None
        except (TemplateError, ExpressionError, ValueError) as error:
            raise _error(where, source, error) from None
        except RecursionError:
            raise DataError(f"{where}: template {quoted(source)}: it is nested too deep") from None
        return Text(parts, source, where, names)

    def _pieces(self, tree: nodes.Template) -> list[nodes.Expr]:
        pieces: list[nodes.Expr] = []
        for output in tree.body:
            if not isinstance(output, nodes.Output):
                raise ExpressionError("it is not an expression")
            pieces += output.nodes
        return pieces

    def value(
        self, value: Any, where: str, scalar: Callable[[str], Any]
    ) -> tuple[Callable[[Mapping[str, Any]], Any], set[str]]:
        """Return what fills in a JSON value whose strings may be templates, and their names.

        Args:
            value: As `json.loads` gives it; its keys are not templates.
            where: Where it stands, for errors.
            scalar: Reads the JSON value that a bare placeholder gave; raises `DataError`.

        Returns:
            A function from the values of a call to the JSON value of that call, which
            raises `DataError` as `Text.fill`; and the names.

        Raises:
            DataError: A template is no expression.
        """
        names: set[str] = set()
        filler = self._filler(value, where, names, scalar)
        if filler is None:
            return lambda _: value, names
        return lambda values: filler(Scope(values)), names

    def _filler(
        self, value: Any, where: str, names: set[str], scalar: Callable[[str], Any]
    ) -> Callable[[Scope], Any] | None:
        """What fills in a value; None where there is nothing to fill in."""
        if isinstance(value, str):
            bare = value.startswith(MARK)
            text = self.text(value.removeprefix(MARK), where)
            if text is None:
                return None
            names |= text.names
            if not bare:
                return text.filled
            filled = text.filled
            return lambda scope: scalar(filled(scope))
        if not isinstance(value, dict | list):
            return None
        places = value.items() if isinstance(value, dict) else enumerate(value)
        fillers = [
            (place, filler)
            for place, part in places
            if (filler := self._filler(part, where, names, scalar)) is not None
        ]
        if not fillers:
            return None

        def fill(scope: Scope) -> Any:
            filled = value.copy()
            for place, filler in fillers:
                filled[place] = filler(scope)
            return filled

        return fill


def _part(piece: nodes.Expr) -> str | Evaluate:
    return piece.data if isinstance(piece, nodes.TemplateData) else compiled(piece)
