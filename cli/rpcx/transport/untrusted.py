"""Why a server's certificate is not trusted: which certificate is at fault, and what to do."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from rpcx.transport.chain import read_chain
from rpcx.transport.roots import default_roots
from rpcx.words.printable import printable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from rpcx.target.target import Target
    from rpcx.transport.chain import Chain

# OpenSSL's X509_V_ERR_ numbers (x509_vfy.h).
_BAD_SIGNATURE: Final = 7
_OUT_OF_DATE: Final = (9, 10)
_NO_ISSUER: Final = (2, 18, 19, 20, 21, 30)
_NOT_AN_AUTHORITY: Final = (24, 79)
_OTHER_NAME: Final = (62, 64)

_UNTRUSTED: Final = "the certificate of {} is not trusted"


def untrusted_verdict(
    error: ssl.SSLCertVerificationError, target: Target, sent: Sequence[bytes]
) -> str:
    """Return one sentence.

    Args:
        error: How OpenSSL refused the certificate.
        target: Who was to be reached; it has TLS.
        sent: The certificates that the server sent; none where they could not be had.
    """
    address, code = printable(target.address), error.verify_code
    given = target.tls is not None and target.tls.roots is not None
    roots = target.tls.roots if target.tls is not None and target.tls.roots else default_roots()
    chain = read_chain(sent, roots)
    if code in _OTHER_NAME:
        return _for_another(address, printable(target.name), chain)
    if code in _OUT_OF_DATE:
        return _out_of_date(address, chain, dt.datetime.now(dt.UTC), given=given)
    if code in _NOT_AN_AUTHORITY and chain is not None:
        signer = next((one for one in chain.path[1:] if not one.is_authority), None)
        if signer is not None:
            return (
                f"{_UNTRUSTED.format(address)}: {_quoted(signer.subject)} signed it, and is"
                " not the certificate of an authority (CA:TRUE); have it signed by one, or add"
                " --insecure"
            )
    if code in (*_NO_ISSUER, _BAD_SIGNATURE):
        return _of_nobody_known(address, chain, given=given)
    said = printable(error.verify_message)
    return f"{_UNTRUSTED.format(address)}: {said}"


def _for_another(address: str, name: str, chain: Chain | None) -> str:
    if chain is None or not chain.path[0].names:
        return (
            f"the certificate of {address} is for no name, so not for {name} either; have it"
            " made with one, or add --insecure"
        )
    names = [printable(one) for one in chain.path[0].names]
    wanted = names[0].replace("*", "any")
    return (
        f"the certificate of {address} is for {', '.join(names)}, not for {name}; add"
        f" --authority {wanted} if that is the server you mean"
    )


def _out_of_date(address: str, chain: Chain | None, now: dt.datetime, *, given: bool) -> str:
    path = () if chain is None else chain.path
    place = next((at for at, one in enumerate(path) if not one.begins <= now <= one.ends), None)
    if chain is None or place is None:
        return f"the certificate of {address} is out of date; have it renewed, or add --insecure"
    span = path[place].lasts(now)
    if place == 0:
        return f"the certificate of {address} {span}; have it renewed, or add --insecure"
    untrusted, at_fault = _UNTRUSTED.format(address), _quoted(path[place].subject)
    if place < chain.sent:
        return (
            f"{untrusted}: the intermediate certificate {at_fault}, which the server sends too,"
            f" {span}; give the server a new one, or add --insecure"
        )
    where = "in --cacert" if given else "on this machine"
    return (
        f"{untrusted}: the certificate of its authority {at_fault} {where} {span}; add --cacert"
        " FILE with a new one, or --insecure"
    )


def _of_nobody_known(address: str, chain: Chain | None, *, given: bool) -> str:
    untrusted = _UNTRUSTED.format(address)
    if chain is None:
        nobody = "is not in --cacert" if given else "is not known to this machine"
        return f"{untrusted}: its authority {nobody}; add --cacert FILE with it, or --insecure"
    own, last = chain.path[0], chain.path[-1]
    if own.self_signed:
        nobody = "is not in --cacert" if given else "nobody here trusts"
        return f"{untrusted}: self-signed, and {nobody}; add --cacert FILE with it, or --insecure"
    if chain.impostor is not None:
        return _signed_by_another_key(untrusted, chain, given=given)
    signers = [one.subject for one in chain.path[1:]]
    if not last.self_signed:
        signers.append(last.issuer)
    signed = ", and that by ".join(map(_quoted, signers))
    unknown = "is not in --cacert" if given else "this machine does not trust"
    add = "add --cacert FILE with that authority's"
    if chain.strays:
        others = ", ".join(map(_quoted, chain.strays))
        add = (
            f"the server sends the certificate of {others} instead: have it send the right one,"
            f" {add},"
        )
    elif not last.self_signed:
        add += (
            f", have the server send its whole chain if {_quoted(signers[-1])} is an intermediate,"
        )
    return f"{untrusted}: signed by {signed}, which {unknown}; {add} or add --insecure"


def _signed_by_another_key(untrusted: str, chain: Chain, *, given: bool) -> str:
    own, last = chain.path[0], chain.path[-1]
    what = "it" if last == own else _quoted(last.subject)
    if chain.strays:
        where, mend = "the server sends", "have the server send the right one"
    else:
        where = "is in --cacert" if given else "this machine has"
        mend = "add --cacert FILE with the right one"
    return (
        f"{untrusted}: {what} is signed by {_quoted(last.issuer)}, but not with the key of the"
        f" certificate of that name that {where}; {mend}, or add --insecure"
    )


def _quoted(name: str) -> str:
    return f"'{printable(name)}'"
