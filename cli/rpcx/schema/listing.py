"""`rpcx list`: services and methods as lines, or as the JSON that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.errors import SchemaError
from rpcx.words.printable import printable, quoted

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.schema import Schema

_KINDS: Final = {
    (False, False): "unary",
    (False, True): "server_stream",
    (True, False): "client_stream",
    (True, True): "bidi",
}


def kind(method: MethodDescriptor) -> str:
    """`unary`, `server_stream`, `client_stream` or `bidi`."""
    return _KINDS[method.client_streaming, method.server_streaming]


def as_text(schema: Schema, service: str | None, width: int | None = None) -> str:
    """Return the names of all services, one a line; or the methods of one, with kinds and types.

    Args:
        schema: Where they are described.
        service: The full name of one service; None for all.
        width: Columns that lines should fit; None for one line a method, however long.

    Raises:
        SchemaError: There is no such service, or the source cannot say.
    """
    if service is None:
        return "".join(f"{printable(name)}\n" for name in schema.services())
    methods = _service(schema, service).methods
    rows = [
        (method.full_name, kind(method), method.input_type.full_name, method.output_type.full_name)
        for method in methods
    ]
    names, kinds = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    lines = [
        f"{name:<{names}}  {kind_:<{kinds}}  {asked} → {answered}"
        for name, kind_, asked, answered in rows
    ]
    if width is not None and max(map(len, lines), default=0) > width:
        lines = [line for row in rows for line in _folded(*row, width)]
    return "".join(f"{line}\n" for line in lines)


def _folded(name: str, kind_: str, asked: str, answered: str, width: int) -> list[str]:
    """Return a method as two lines, or three: its name with its kind, and its types below."""
    types = f"    {asked} → {answered}"
    below = [types] if len(types) <= width else [f"    {asked}", f"    → {answered}"]
    return [f"{name}  {kind_}", *below]


def as_objects(schema: Schema, service: str | None) -> list[dict[str, Any]]:
    """The services with their methods (`rpcx help json`).

    A service that the source lists and cannot describe has `"methods": null` where all are
    listed.

    Raises:
        SchemaError: There is no such service, or the source cannot say.
    """
    if service is not None:
        return [_object(service, _service(schema, service))]
    objects = []
    for name in schema.services():
        try:
            objects.append(_object(name, _service(schema, name)))
        except SchemaError:
            objects.append({"service": name, "methods": None})
    return objects


def _object(name: str, service: Any) -> dict[str, Any]:
    return {
        "service": name,
        "methods": [
            {
                "name": method.name,
                "kind": kind(method),
                "input": method.input_type.full_name,
                "output": method.output_type.full_name,
            }
            for method in service.methods
        ],
    }


def _service(schema: Schema, name: str) -> Any:
    descriptor = schema.symbol(name)
    if not hasattr(descriptor, "methods"):
        raise SchemaError(f"{quoted(name)} is no service: rpcx describe shows what it is")
    return descriptor
