"""The details of a failure for people: a line for each thing that one says.

The messages of google/rpc/error_details.proto are told in words. Whatever has other fields
than those, and any other type, is shown as JSON with the name of its type: nothing is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.output.records import json_line
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST: Final = 2000  # characters of a line


def detail_lines(detail: dict[str, Any]) -> list[str]:
    """Return the lines that say what a detail says, made safe for a terminal.

    Args:
        detail: As ProtoJSON has an Any, with its type under `@type`.
    """
    name = str(detail["@type"]).rpartition("/")[2]
    said = {key: value for key, value in detail.items() if key != "@type"}
    tell = _TOLD.get(name)
    try:
        lines = tell(said) if tell is not None else []
    except (_OddError, AttributeError, TypeError):  # a server may give these names to anything
        lines = []
    if not lines:
        lines = [f"{name.rpartition('.')[2] or 'detail'} {json_line(said).decode()}"]
    return [printable(line, limit=_LONGEST) for line in lines]


class _OddError(Exception):
    """A detail has more than there are words for."""


def _take(said: Any, *keys: str) -> list[Any]:
    """Return the values of these keys; one that is not there is empty.

    Raises:
        _OddError: There are others.
    """
    if not isinstance(said, dict) or said.keys() - set(keys):
        raise _OddError
    return [said.get(key, "") for key in keys]


def _joined(*parts: str) -> str:
    return ": ".join(filter(None, parts))


def _error_info(said: Any) -> list[str]:
    reason, domain, metadata = _take(said, "reason", "domain", "metadata")
    of = f" of {domain}" if domain else ""
    more = ", ".join(f"{key}: {value}" for key, value in (metadata or {}).items())
    return [f"reason {reason}{of}{f' ({more})' if more else ''}"]


def _bad_request(said: Any) -> list[str]:
    [violations] = _take(said, "fieldViolations")
    lines = []
    for violation in violations:
        field, description, reason, localized = _take(
            violation, "field", "description", "reason", "localizedMessage"
        )
        words = [description, *(_localized(localized) if localized else ())]
        lines.append(_joined(f"field {field}", reason, "; ".join(filter(None, words))))
    return lines


def _precondition(said: Any) -> list[str]:
    [violations] = _take(said, "violations")
    lines = []
    for violation in violations:
        kind, subject, description = _take(violation, "type", "subject", "description")
        lines.append(_joined(" ".join(filter(None, (kind, subject))), description))
    return lines


def _quota(said: Any) -> list[str]:
    [violations] = _take(said, "violations")
    pairs = [_take(violation, "subject", "description") for violation in violations]
    return [_joined(f"quota of {subject}", description) for subject, description in pairs]


def _retry(said: Any) -> list[str]:
    [delay] = _take(said, "retryDelay")
    return [f"try again after {delay or '0s'}"]


def _resource(said: Any) -> list[str]:
    kind, name, owner, description = _take(
        said, "resourceType", "resourceName", "owner", "description"
    )
    whose = f" of {owner}" if owner else ""
    return [_joined(f"{' '.join(filter(None, (kind, name)))}{whose}", description)]


def _request(said: Any) -> list[str]:
    name, data = _take(said, "requestId", "servingData")
    return [_joined(f"request {name}", data)]


def _help(said: Any) -> list[str]:
    [links] = _take(said, "links")
    return [_joined(*_take(link, "description", "url")) for link in links]


def _localized(said: Any) -> list[str]:
    locale, message = _take(said, "locale", "message")
    return [f"{message} ({locale})" if locale else message]


def _debug(said: Any) -> list[str]:
    entries, detail = _take(said, "stackEntries", "detail")
    return [*filter(None, (detail,)), *(f"  {entry}" for entry in entries or ())]


_TOLD: Final[dict[str, Callable[[Any], list[str]]]] = {
    "google.rpc.BadRequest": _bad_request,
    "google.rpc.DebugInfo": _debug,
    "google.rpc.ErrorInfo": _error_info,
    "google.rpc.Help": _help,
    "google.rpc.LocalizedMessage": _localized,
    "google.rpc.PreconditionFailure": _precondition,
    "google.rpc.QuotaFailure": _quota,
    "google.rpc.RequestInfo": _request,
    "google.rpc.ResourceInfo": _resource,
    "google.rpc.RetryInfo": _retry,
}
