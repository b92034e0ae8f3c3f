"""Types that requests name inside an Any, found before the requests are read.

An Any may hold a type that no field refers to, so the schema need not have it. Where a server
is asked for it, that has to happen before the calls run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rpcx.codec.descriptors import is_message, message_type
from rpcx.documents.forms import InputForm

if TYPE_CHECKING:
    import mmap

    from google.protobuf.descriptor import Descriptor

_ANY: Final = "google.protobuf.Any"
_URLS: Final = {
    InputForm.JSON: re.compile(rb'"@type"\s*+:\s*+"((?:[^"\\]++|\\.)*+)"', re.DOTALL),
    InputForm.TEXT: re.compile(rb"\[\s*+([-\w.~%]*+/[-\w.~%/]++)\s*+\]", re.ASCII),
}
_NAME: Final = re.compile(rb"[\w.]+", re.ASCII)


def may_hold_any(message: Descriptor) -> bool:
    """Return whether an Any can be somewhere in the message by its fields."""
    seen: set[str] = set()
    waiting = [message]
    while waiting:
        current = waiting.pop()
        if current.full_name == _ANY:
            return True
        if current.full_name not in seen:
            seen.add(current.full_name)
            waiting += [message_type(field) for field in current.fields if is_message(field)]
            if current.is_extendable:
                extensions = current.file.pool.FindAllExtensions(current)
                waiting += [message_type(field) for field in extensions if is_message(field)]
    return False


def mentioned_types(form: InputForm, data: bytes | mmap.mmap) -> set[str]:
    """Return the full names of the types that documents of this form have in an Any.

    Documents need not be well-formed; what looks like such a name is one. Binary forms need
    no types.
    """
    pattern = _URLS.get(form)
    if pattern is None:
        return set()
    names = (url.rpartition(b"/")[2] for url in pattern.findall(data))
    return {name.decode() for name in names if _NAME.fullmatch(name)}
