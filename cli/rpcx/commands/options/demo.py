"""How the demo server treats calls: an option for each of its settings."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Final

from rpcx.config.option import Group, Option
from rpcx.demo.settings import DemoSettings

_SETTINGS: Final = dataclasses.fields(DemoSettings)


class DemoOptions:
    """As typed, a field for each setting; `settings` checks them.

    Args:
        texts: The values of the options in their order; None for those that were not given.
    """

    _fields = tuple(one.name for one in _SETTINGS)
    _field_defaults = dict.fromkeys(_fields)

    def __init__(self, *texts: str | None) -> None:
        self._texts = texts

    def settings(self) -> DemoSettings:
        """Return the settings of the server.

        Raises:
            UsageError: A value does not suit its setting.
        """
        typed = zip(self._fields, self._texts, strict=True)
        return DemoSettings.parse(
            [(name.replace("_", "-"), text) for name, text in typed if text is not None],
            prefix="--",
        )


DemoOptions.__annotations__ = {
    one.name: Annotated[
        str | None, Option(one.metadata["help"], one.metadata["metavar"], group=Group.SERVER)
    ]
    for one in _SETTINGS
}
