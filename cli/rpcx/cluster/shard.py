"""What a process of `--processes` is to do, and what it reports: both pickle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rpcx.documents.forms import InputForm
    from rpcx.errors import RpcxError
    from rpcx.plans.calls import UnaryPlan
    from rpcx.results import Standing
    from rpcx.runs.requests.method_data import DataPlan
    from rpcx.stats.calls import CallStats
    from rpcx.target.target import Target

REPORT_S: Final = 0.2
"""How often a process reports, in seconds."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of a run that one process carries out.

    Attributes:
        plan: The whole run.
        target: Where to, its address known.
        connections: Which of the plan's connections are this process's.
        data: Where the requests of each method come from, in the plan's order.
        inputs: The type of each method's requests, by its full name.
        outputs: The type of each method's responses, likewise.
        descriptors: A `FileDescriptorSet` with these types and what they need.
        form: How the documents are written.
        allow_unknown_fields: Whether to pass over fields that do not exist.
        templates: Whether requests have templates.
        allow_env: The environment variables that templates may read.
        interval_s: The length of the intervals that are measured.
    """

    plan: UnaryPlan
    target: Target
    connections: tuple[int, ...]
    data: tuple[DataPlan, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    descriptors: bytes
    form: InputForm
    allow_unknown_fields: bool
    templates: bool
    allow_env: tuple[str, ...]
    interval_s: float


@dataclass(frozen=True, slots=True)
class Ready:
    """The process is connected and warmed up, and waits for the moment to begin."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How the run stands in a process.

    Attributes:
        stats: The measurements of its calls so far.
        standing: How its calls stand, with the CPU seconds of the process since the run began.
        over: Whether the run is over.
    """

    stats: CallStats
    standing: Standing
    over: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The process failed.

    Attributes:
        error: Why.
    """

    error: RpcxError
