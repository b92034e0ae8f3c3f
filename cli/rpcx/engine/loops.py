"""Which loop carries out a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.engine.share import WHOLE

if TYPE_CHECKING:
    from rpcx.engine.feed import Feed
    from rpcx.engine.pacing import Pace
    from rpcx.engine.share import Share
    from rpcx.engine.source import RequestSource
    from rpcx.engine.unary import UnaryEngine
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.transport.protocol import Transport


def unary_engine(
    plan: UnaryPlan,
    transport: Transport,
    source: RequestSource,
    feed: Feed[CallResult],
    share: Share = WHOLE,
) -> UnaryEngine:
    """The engine for a plan: an open loop where calls have a rate, else a closed one.

    Args:
        plan: What to do.
        transport: A channel that is ready; nobody else drives it meanwhile.
        source: The requests of this share.
        feed: Where the results go.
        share: Which of the plan's calls are this engine's.
    """
    if plan.rate_per_s is None:
        from rpcx.engine.closed_loop import ClosedLoop  # noqa: PLC0415 -- one of two

        return ClosedLoop(plan, transport, source, feed, share)
    from rpcx.engine.open_loop import OpenLoop  # noqa: PLC0415 -- one of two
    from rpcx.engine.pacing import ConstantRate, RampedRate, SharedPace  # noqa: PLC0415 -- likewise

    pace: Pace = ConstantRate(plan.rate_per_s) if plan.ramp is None else RampedRate(plan.ramp)
    if share.count > 1:
        pace = SharedPace(pace, share)
    return OpenLoop(plan, transport, source, feed, pace, share)
