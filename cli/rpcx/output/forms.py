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

    @property
    def prints_results(self) -> bool:
        """Whether each result is printed as it comes."""
        return self in (Form.MESSAGE, Form.RECORD)

    @property
    def sums_up(self) -> bool:
        """Whether the run is summed up on standard output."""
        return self in (Form.SUMMARY, Form.JSON)
