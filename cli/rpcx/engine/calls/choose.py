"""Makes the engine for a plan, with the loop that carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.engine.calls.engine import Parts, UnaryEngine
from rpcx.engine.calls.share import WHOLE

if TYPE_CHECKING:
    from rpcx.engine.calls.engine import Loop
    from rpcx.engine.calls.pacing import Pace
    from rpcx.engine.calls.share import Share
    from rpcx.engine.feed import Feed
    from rpcx.engine.source import RequestSource
    from rpcx.plans.calls import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.transport.protocol import Transport


def unary_engine(
    plan: UnaryPlan,
    transport: Transport,
    source: RequestSource,
    feed: Feed[CallResult],
    share: Share = WHOLE,
) -> UnaryEngine:
    """Return the engine for a plan: an open loop if calls have a rate, else a closed one.

    Args:
        plan: What to do.
        transport: A channel that is ready; no other thread drives it.
        source: The requests of this share.
        feed: Where the results go.
        share: Which of the plan's calls are this engine's.
    """
    parts = Parts(plan, transport, source, feed, share)
    loop: Loop
    if plan.rate_per_s is None:
        from rpcx.engine.calls.closed_loop import ClosedLoop  # noqa: PLC0415 -- one of two

        loop = ClosedLoop(parts)
    else:
        from rpcx.engine.calls.open_loop import OpenLoop  # noqa: PLC0415 -- one of two
        from rpcx.engine.calls.pacing import ConstantRate, RampedRate, SharedPace  # noqa: PLC0415 -- likewise

        pace: Pace = ConstantRate(plan.rate_per_s) if plan.ramp is None else RampedRate(plan.ramp)
        loop = OpenLoop(parts, SharedPace(pace, share) if share.count > 1 else pace)
    return UnaryEngine(parts, loop, feed.finish)
