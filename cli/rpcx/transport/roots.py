"""The certificates that vouch for servers where `--cacert` names none: the system's.

grpcio by itself would take a copy of Mozilla's list that it carries, and so not know the
authorities that this machine was told to trust.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from rpcx.documents.textfiles import read_bytes
from rpcx.errors import ConnectError

_VARIABLES: Final = ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE")
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",
)
"""Where systems keep them (as crypto/x509/root_linux.go of Go has it)."""


def default_roots() -> bytes:
    """PEM certificates: of the variables that gRPC and OpenSSL know, else of the system."""
    named = [path for variable in _VARIABLES if (path := os.environ.get(variable))]
    for path in (*named, *_BUNDLES):
        with contextlib.suppress(ConnectError):
            roots = read_bytes(path, path, ConnectError)
            if roots:
                return roots
    import grpc  # noqa: PLC0415 -- where the last resort is

    bundled = Path(grpc.__file__).parent / "_cython/_credentials/roots.pem"
    return read_bytes(str(bundled), "grpcio's list of authorities", ConnectError)
