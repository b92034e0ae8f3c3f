"""What the numbers were measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PACKAGES = ("grpcio", "protobuf", "typer", "orjson", "hdrhistogram")


def machine(server: str, programs: Iterable[str]) -> list[str]:
    """Processor, system and versions, a line for each.

    Args:
        server: What the server is made of.
        programs: The names of the tools that take part.
    """
    versions = (f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    return [
        f"{_processor()}, {os.cpu_count()} cores; {platform.system()} {_release()}",
        f"{platform.python_implementation()} {platform.python_version()}, {', '.join(versions)}",
        f"server: {server}, on the same machine; beside rpcx: {', '.join(programs) or 'nothing'}",
    ]


class Processors:
    """How busy others keep the processors, from when this is made on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy, self._stolen = _processor_seconds()
        self._ours = _our_seconds()

    def others(self) -> str:
        """What programs not of the benchmark took, and the hypervisor, in cores on average.

        Children count once they have ended: ask when all have.
        """
        wall = time.monotonic() - self._began
        busy, stolen = _processor_seconds()
        if not busy:
            return "how busy others kept it is unknown"
        foreign = busy - self._busy - (_our_seconds() - self._ours)
        return (
            f"meanwhile other programs took {max(foreign, 0) / wall:.2f} cores on average, the"
            f" hypervisor {(stolen - self._stolen) / wall:.2f}"
        )


def _processor_seconds() -> tuple[float, float]:
    """Seconds of all processors that were busy, and that were stolen (proc(5), /proc/stat)."""
    try:
        first = Path("/proc/stat").read_text().partition("\n")[0]
    except OSError:
        return 0.0, 0.0
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(float, first.split()[1:9])
    ticks = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / ticks, steal / ticks


def _our_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    ours = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in ours)


def _release() -> str:
    """The kernel's version without what its builder appended."""
    return platform.release().partition("-")[0]


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    return model[1] if model else platform.processor() or platform.machine()
