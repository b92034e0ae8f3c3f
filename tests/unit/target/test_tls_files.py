"""The files of --cacert, --cert and --key: what is taken, and what is refused with which words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from certificates import Authority, Pair, encrypted
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from rpcx.errors import ConnectError, RpcxError, UsageError
from rpcx.target.tls import Tls, read_identity, read_roots

if TYPE_CHECKING:
    from pathlib import Path


def no_password() -> None:
    """None is known."""


def test_a_plain_pair_is_taken_as_it_is(client_pair: Pair) -> None:
    """Chain and key reach gRPC byte for byte."""
    taken = read_identity(str(client_pair.certificate), str(client_pair.key), no_password)
    assert taken == (client_pair.certificate.read_bytes(), client_pair.key.read_bytes())


def test_an_encrypted_key_is_decrypted(client_pair: Pair, tmp_path: Path) -> None:
    """With its password a key comes out in a form that gRPC reads: the same key."""
    key = tmp_path / "encrypted.key"
    key.write_bytes(encrypted(client_pair.key.read_bytes(), b"open sesame"))
    taken = read_identity(str(client_pair.certificate), str(key), lambda: b"open sesame")
    assert taken[1] == client_pair.key.read_bytes()


def test_a_key_is_never_part_of_a_repr(client_pair: Pair) -> None:
    """Nobody prints a key by printing the settings."""
    key = client_pair.key.read_bytes()
    assert "PRIVATE" not in repr(Tls(key=key))


@pytest.mark.parametrize(
    ("password", "error", "sentence"),
    [
        (None, UsageError, "is encrypted; put its password into RPCX_KEY_PASSWORD"),
        (b"wrong", ConnectError, "can't be decrypted; is the password"),
    ],
)
def test_encrypted_keys_need_their_password(
    client_pair: Pair,
    tmp_path: Path,
    password: bytes | None,
    error: type[RpcxError],
    sentence: str,
) -> None:
    """Where it is missing or wrong, the sentence says where it comes from."""
    key = tmp_path / "encrypted.key"
    key.write_bytes(encrypted(client_pair.key.read_bytes(), b"open sesame"))
    with pytest.raises(error, match=sentence):
        read_identity(str(client_pair.certificate), str(key), lambda: password)


def test_key_of_another_certificate(client_pair: Pair, server_pair: Pair) -> None:
    """A key that does not belong to the certificate is told before anybody is asked."""
    with pytest.raises(ConnectError, match=r"is not the key of .* \(CN=client\)"):
        read_identity(str(client_pair.certificate), str(server_pair.key), no_password)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello", "has no PEM certificate"),
        (b"\x30\x82\x01\x00", "it looks like DER: convert it with `openssl x509 -inform der"),
        (b"\xfe\xed\xfe\xed\0\0", "it looks like a Java keystore: convert it with `keytool"),
        (b"-----BEGIN PKCS7-----\n", "it looks like PKCS#7: convert it with `openssl pkcs7"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_roots_that_are_none(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """What has no certificate is quoted by its path."""
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConnectError, match=f"--cacert '{path}' .*{sentence}"):
        read_roots(str(path))


def test_pkcs12_is_named(client_pair: Pair, tmp_path: Path) -> None:
    """A PKCS#12 file in the place of a certificate or a key is named, with how to convert it."""
    path = tmp_path / "client.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"client",
            load_pem_private_key(client_pair.key.read_bytes(), None),  # type: ignore[arg-type] # EC
            x509.load_pem_x509_certificate(client_pair.certificate.read_bytes()),
            None,
            BestAvailableEncryption(b"open sesame"),
        )
    )
    where, file = str(client_pair.certificate), re.escape(f"'{path}'")
    named = "it looks like PKCS#12: convert it with `openssl pkcs12 -in FILE"
    with pytest.raises(ConnectError, match=f"^--cacert {file} .*{named} -nokeys"):
        read_roots(str(path))
    with pytest.raises(ConnectError, match=f"^--cert {file} .*{named} -nokeys"):
        read_identity(str(path), str(client_pair.key), no_password)
    with pytest.raises(ConnectError, match=f"^--key {file} .*{named} -nocerts -nodes"):
        read_identity(where, str(path), no_password)


def test_a_key_in_der_is_named(client_pair: Pair, tmp_path: Path) -> None:
    """A key in DER is told apart from PKCS#12."""
    path = tmp_path / "client.der"
    key = load_pem_private_key(client_pair.key.read_bytes(), None)
    path.write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConnectError, match="looks like DER: convert it with `openssl pkey -inform"):
        read_identity(str(client_pair.certificate), str(path), no_password)


def test_roots_are_taken_as_they_are(authority: Authority) -> None:
    """A bundle reaches gRPC byte for byte."""
    assert read_roots(str(authority.certificate)) == authority.certificate.read_bytes()


def test_certificate_without_a_key_in_it(client_pair: Pair) -> None:
    """A certificate in the place of a key is told as such."""
    with pytest.raises(ConnectError, match=r"--key .* has no PEM private key"):
        read_identity(str(client_pair.certificate), str(client_pair.certificate), no_password)
