"""The comments of a .proto file, where its descriptor carries them.

Which comment belongs to what, and the paths by which an element is found, are those of
`SourceCodeInfo` in google/protobuf/descriptor.proto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.words.printable import printable

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

Path = tuple[int, ...]
"""Field numbers and indices from the file descriptor down to an element."""


class Comments:
    """Finds the comments of each element of a file."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._locations: dict[Path, Any] = {}
        for location in file.source_code_info.location:
            if (
                location.leading_comments
                or location.trailing_comments
                or location.leading_detached_comments
            ):
                self._locations.setdefault(tuple(location.path), location)

    def before(self, path: Path) -> list[str]:
        """Return the lines of the comment above an element, with detached ones before it."""
        location = self._locations.get(path)
        if location is None:
            return []
        lines: list[str] = []
        for detached in location.leading_detached_comments:
            lines += [*_lines(detached), ""]
        return lines + _lines(location.leading_comments)

    def after(self, path: Path) -> list[str]:
        """Return the lines of the comment that follows an element."""
        location = self._locations.get(path)
        return [] if location is None else _lines(location.trailing_comments)


def _lines(comment: str) -> list[str]:
    """Return a comment as `//` lines; one that was between `/*` and `*/` reads the same."""
    texts = comment.removesuffix("\n").split("\n") if comment else []
    shown = (printable(text.expandtabs(), limit=None).rstrip() for text in texts)
    return [f"//{text if text.startswith(' ') or not text else ' ' + text}" for text in shown]
