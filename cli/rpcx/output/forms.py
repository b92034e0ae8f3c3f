"""The forms in which results are printed."""

from __future__ import annotations

import enum


class Form(enum.StrEnum):
    """The forms of `-o/--output`."""

    MESSAGE = "message"
    RECORD = "record"
    SUMMARY = "summary"
    JSON = "json"
    NONE = "none"
