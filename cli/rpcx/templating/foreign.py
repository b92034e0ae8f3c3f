"""Templates in documents as other tools have them: bare placeholders, and ghz's names."""

from __future__ import annotations

import json
import re
from typing import Final

_BARE: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|\{\{.*?\}\}', re.DOTALL)
MARK: Final = "\ufdd0"
"""Begins the text of a bare placeholder: a code point that no text may have (Unicode, 23.7)."""

_OF_GHZ: Final = {
    "RequestNumber": "{{seq}}",
    "Timestamp": "{{now}}",
    "TimestampUnix": "{{now}}",
    "TimestampUnixMilli": "{{now}}",
    "TimestampUnixNano": "{{now}}",
    "UUID": "{{uuid}}",
    "newUUID": "{{uuid}}",
    "randomInt": "{{random_int(1, 9)}}",
    "randomString": "{{uuid}}",
}
"""What ghz has, and what is nearest to it here."""

_NAME: Final = re.compile(r"\{\{-?\s*\.?(\w+)[^}]*\}\}")
_GO: Final = re.compile(r"\{\{-?\s*\.\w+")


def quoted_placeholders(document: bytes) -> bytes:
    """Return a JSON document with `{{…}}` that stands for a value as a text with `MARK`.

    `{"n": {{seq}}}` is not JSON before it is filled in; the text is, and what it gives then
    takes the place of the value.
    """
    if b"{{" not in document:
        return document

    def quote(match: re.Match[bytes]) -> bytes:
        found = match[0]
        if found.startswith(b'"'):
            return found
        return json.dumps(MARK + found.decode(errors="surrogateescape")).encode()

    return _BARE.sub(quote, document)


def hint_for(template: str) -> str:
    """Return what rpcx writes for a template of ghz's; empty where it is none of those."""
    for match in _NAME.finditer(template):
        if match[1] in _OF_GHZ:
            return f"; {match[0]} is ghz's, rpcx writes {_OF_GHZ[match[1]]}"
    if _GO.search(template):
        return "; a leading dot is ghz's: rpcx has seq, uuid, now, random_int, env and columns"
    return ""
