"""The google.rpc details that a failing call of the demo carries (grpc-status-details-bin)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import any_pb2
from google.rpc import error_details_pb2 as details_pb2
from google.rpc import status_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rpcx.results import Status

DOMAIN = "demo.rpcx"
"""Who says so, in an ErrorInfo."""


def status_details(status: Status, message: str, names: Iterable[str], method: str) -> bytes:
    """A serialised google.rpc.Status.

    Args:
        status: The status of the call; the code in here is the same.
        message: Its message, likewise.
        names: Which details to add, by their names in `settings.DETAIL_TYPES`.
        method: The full name of the method, which some of them quote.
    """
    failure = status_pb2.Status(code=status.value, message=message)
    for name in names:
        packed = any_pb2.Any()
        packed.Pack(_DETAILS[name](status, method))
        failure.details.append(packed)
    serialised: bytes = failure.SerializeToString()
    return serialised


def _error_info(status: Status, method: str) -> Any:
    return details_pb2.ErrorInfo(reason=status.name, domain=DOMAIN, metadata={"method": method})


def _bad_request(_status: Status, _method: str) -> Any:
    violation = {"field": "name", "description": "the demo was asked to object to it"}
    return details_pb2.BadRequest(field_violations=[violation])


def _retry_info(_status: Status, _method: str) -> Any:
    return details_pb2.RetryInfo(retry_delay={"seconds": 1, "nanos": 500_000_000})


def _quota_failure(_status: Status, method: str) -> Any:
    violation = {"subject": method, "description": "the demo was asked to have no quota left"}
    return details_pb2.QuotaFailure(violations=[violation])


def _precondition_failure(_status: Status, method: str) -> Any:
    description = "the demo was asked to lack something"
    violation = {"type": "DEMO", "subject": method, "description": description}
    return details_pb2.PreconditionFailure(violations=[violation])


def _resource_info(status: Status, method: str) -> Any:
    return details_pb2.ResourceInfo(
        resource_type="method", resource_name=method, description=status.name
    )


def _help(_status: Status, _method: str) -> Any:
    url = "https://grpc.io/docs/guides/status-codes/"
    return details_pb2.Help(links=[{"description": "what the statuses mean", "url": url}])


def _localized_message(status: Status, _method: str) -> Any:
    return details_pb2.LocalizedMessage(locale="en", message=f"{status.name}, as asked")


_DETAILS: dict[str, Callable[[Status, str], Any]] = {
    "ErrorInfo": _error_info,
    "BadRequest": _bad_request,
    "RetryInfo": _retry_info,
    "QuotaFailure": _quota_failure,
    "PreconditionFailure": _precondition_failure,
    "ResourceInfo": _resource_info,
    "Help": _help,
    "LocalizedMessage": _localized_message,
}
