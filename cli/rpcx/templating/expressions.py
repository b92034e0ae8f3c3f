"""Expressions, worked out within bounds: Jinja reads them, and this evaluates what it read.

Each node of Jinja's tree becomes a function of the scope. What is not here cannot be written:
no statements, no attributes but the keys of mappings, no names but those of the scope, and no
methods. Each function that makes something new has it bounded (see `bounds`).
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from jinja2 import StrictUndefined, nodes

from rpcx.templating.bounds import ExpressionError, Function, Scope, check_size, size_of, text_of
from rpcx.templating.filters import FILTERS, TESTS, number

Evaluate = Callable[[Scope], Any]

_LARGEST: Final = 2**64
_LARGEST_EXPONENT: Final = 64

_ARITHMETIC: Final[dict[type[nodes.BinExpr], Callable[[Any, Any], Any]]] = {
    nodes.Sub: operator.sub,
    nodes.Div: operator.truediv,
    nodes.FloorDiv: operator.floordiv,
    nodes.Mod: operator.mod,
    nodes.Mul: operator.mul,
    nodes.Pow: operator.pow,
}
_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


def compiled(node: nodes.Node) -> Evaluate:
    """Return the function that works out an expression.

    Raises:
        ExpressionError: It has something that expressions do not have.
    """
    make = _MAKERS.get(type(node))
    if make is None:
        raise ExpressionError("that is not an expression over names, numbers and strings")
    return make(node)


def _const(node: nodes.Const) -> Evaluate:
    value = node.value
    check_size(size_of(value))
    return lambda _: value


def _name(node: nodes.Name) -> Evaluate:
    name = node.name

    def evaluate(scope: Scope) -> Any:
        values = scope.values
        return values[name] if name in values else StrictUndefined(name=name)

    return evaluate


def _add(node: nodes.Add) -> Evaluate:
    left, right = compiled(node.left), compiled(node.right)

    def evaluate(scope: Scope) -> Any:
        one, other = left(scope), right(scope)
        if not (isinstance(one, str) and isinstance(other, str)) and not (
            isinstance(one, list) and isinstance(other, list)
        ):
            number(one, "+ with a number, list or string")
            number(other, "+ with a number")
        return scope.bounded(one + other)

    return evaluate


def _arithmetic(node: nodes.BinExpr) -> Evaluate:
    left, right = compiled(node.left), compiled(node.right)
    work, sign = _ARITHMETIC[type(node)], node.operator

    def evaluate(scope: Scope) -> Any:
        one, other = number(left(scope), sign), number(right(scope), sign)
        if sign in ("*", "**") and (abs(one) > _LARGEST or abs(other) > _LARGEST):
            raise ExpressionError(f"{sign} takes numbers up to 2^64")
        if sign == "**" and abs(other) > _LARGEST_EXPONENT:
            raise ExpressionError(f"** takes exponents up to {_LARGEST_EXPONENT}")
        return scope.bounded(work(one, other))

    return evaluate


def _signed(node: nodes.UnaryExpr) -> Evaluate:
    inner, sign = compiled(node.node), node.operator
    work = operator.neg if sign == "-" else operator.pos
    return lambda scope: scope.bounded(work(number(inner(scope), sign)))


def _not(node: nodes.Not) -> Evaluate:
    inner = compiled(node.node)
    return lambda scope: not inner(scope)


def _and(node: nodes.And) -> Evaluate:
    left, right = compiled(node.left), compiled(node.right)
    return lambda scope: left(scope) and right(scope)


def _or(node: nodes.Or) -> Evaluate:
    left, right = compiled(node.left), compiled(node.right)
    return lambda scope: left(scope) or right(scope)


def _compare(node: nodes.Compare) -> Evaluate:
    first = compiled(node.expr)
    rest = [(_COMPARISONS[operand.op], compiled(operand.expr)) for operand in node.ops]

    def evaluate(scope: Scope) -> Any:
        left = first(scope)
        for compare, expression in rest:
            right = expression(scope)
            if not compare(left, right):
                return False
            left = right
        return True

    return evaluate


def _choice(node: nodes.CondExpr) -> Evaluate:
    test, yes = compiled(node.test), compiled(node.expr1)
    if node.expr2 is None:
        raise ExpressionError("an if needs an else")
    no = compiled(node.expr2)
    return lambda scope: yes(scope) if test(scope) else no(scope)


def _concat(node: nodes.Concat) -> Evaluate:
    parts = list(map(compiled, node.nodes))

    def evaluate(scope: Scope) -> Any:
        texts = [scope.bounded(text_of(part(scope))) for part in parts]
        return scope.bounded("".join(texts))

    return evaluate


def _list(node: nodes.List | nodes.Tuple) -> Evaluate:
    items = list(map(compiled, node.items))
    return lambda scope: scope.bounded([item(scope) for item in items])


def _dict(node: nodes.Dict) -> Evaluate:
    pairs = [(compiled(pair.key), compiled(pair.value)) for pair in node.items]
    return lambda scope: scope.bounded({text_of(key(scope)): value(scope) for key, value in pairs})


def _attribute(node: nodes.Getattr) -> Evaluate:
    inner, key = compiled(node.node), node.attr
    return lambda scope: _looked_up(inner(scope), key)


def _item(node: nodes.Getitem) -> Evaluate:
    inner = compiled(node.node)
    if isinstance(node.arg, nodes.Slice):
        return _part(inner, node.arg)
    key = compiled(node.arg)
    return lambda scope: _looked_up(inner(scope), key(scope))


def _part(inner: Evaluate, node: nodes.Slice) -> Evaluate:
    ends = [None if end is None else compiled(end) for end in (node.start, node.stop, node.step)]

    def evaluate(scope: Scope) -> Any:
        value = inner(scope)
        if not isinstance(value, str | list):
            raise ExpressionError("[:] takes a string or a list")
        return scope.bounded(value[slice(*[end and end(scope) for end in ends])])

    return evaluate


def _looked_up(value: Any, key: Any) -> Any:
    """Return the value of a key, or the element at an index; attributes there are none."""
    if isinstance(value, Mapping):
        try:
            return value[key]
        except KeyError:
            return StrictUndefined(obj=value, name=key)
    if isinstance(value, str | list | tuple) and isinstance(key, int):
        try:
            return value[key]
        except IndexError:
            return StrictUndefined(f"there is no element {key}")
    return StrictUndefined(obj=value, name=key)


def _filter(node: nodes.Filter) -> Evaluate:
    return _applied(node, FILTERS, "filter")


def _test(node: nodes.Test) -> Evaluate:
    return _applied(node, TESTS, "test")


def _applied(
    node: nodes.Filter | nodes.Test, known: Mapping[str, Callable[..., Any]], kind: str
) -> Evaluate:
    name = node.name
    if name not in known:
        raise ExpressionError(f"there is no {kind} {name!r}; there are {', '.join(known)}")
    work, inner = known[name], compiled(cast("nodes.Expr", node.node))
    arguments, keywords = _arguments(node)
    try:
        inspect.signature(work).bind(None, *arguments, **keywords)
    except TypeError as error:
        raise ExpressionError(f"the {kind} {name!r}: {error}") from None
    if not arguments and not keywords:
        return lambda scope: scope.bounded(work(inner(scope)))
    return lambda scope: scope.bounded(
        work(
            inner(scope),
            *[argument(scope) for argument in arguments],
            **{key: argument(scope) for key, argument in keywords.items()},
        )
    )


def _call(node: nodes.Call) -> Evaluate:
    inner = compiled(node.node)
    arguments, keywords = _arguments(node)

    def evaluate(scope: Scope) -> Any:
        function = inner(scope)
        if not isinstance(function, Function):
            raise ExpressionError("only functions can be called, such as random_int(1, 9)")
        return scope.bounded(
            function.work(
                *[argument(scope) for argument in arguments],
                **{key: argument(scope) for key, argument in keywords.items()},
            )
        )

    return evaluate


def _arguments(
    node: nodes.Filter | nodes.Test | nodes.Call,
) -> tuple[list[Evaluate], dict[str, Evaluate]]:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise ExpressionError("* and ** before arguments cannot be used here")
    return [compiled(one) for one in node.args], {
        cast("nodes.Keyword", pair).key: compiled(cast("nodes.Keyword", pair).value)
        for pair in node.kwargs
    }


_MAKERS: Final[dict[type[nodes.Node], Callable[[Any], Evaluate]]] = {
    nodes.Const: _const,
    nodes.Name: _name,
    nodes.Add: _add,
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    nodes.Neg: _signed,
    nodes.Pos: _signed,
    nodes.Not: _not,
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Compare: _compare,
    nodes.CondExpr: _choice,
    nodes.Concat: _concat,
    nodes.List: _list,
    nodes.Tuple: _list,
    nodes.Dict: _dict,
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.Call: _call,
}
