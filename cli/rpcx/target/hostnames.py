"""Internationalised host names, written in ASCII as DNS and certificates have them (IDNA)."""

from __future__ import annotations

import re
from typing import Final

from rpcx.errors import UsageError
from rpcx.words.printable import printable

_NAME: Final = re.compile(r"[^\s/:,@%\[\]]*[^\x00-\x7f][^\s/:,@%\[\]]*")
_AMBIGUOUS: Final = re.compile("[ßς\u200c\u200d]", re.IGNORECASE)
"""Characters that IDNA 2003 and IDNA 2008 write differently: two names may belong to two owners."""


def ascii_names(text: str, what: str) -> str:
    """Return `text` with each internationalised host name in it in its ASCII form.

    Args:
        text: An address, an authority or a name.
        what: Where it comes from, for a sentence.

    Raises:
        UsageError: A name is not a valid host name, or has two ASCII forms.
    """
    return _NAME.sub(lambda match: _ascii(match[0], what), text)


def _ascii(name: str, what: str) -> str:
    hint = "write it in its ASCII form, which begins with xn--"
    if _AMBIGUOUS.search(name):
        raise UsageError(
            f"{what}: the name '{printable(name)}' is written differently by two versions of IDNA;"
            f" {hint}"
        )
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        raise UsageError(
            f"{what}: '{printable(name)}' is not a valid host name; check it, or {hint}"
        ) from None
