"""A body comes in: an order begins, is repeated, is changed by its sender, or comes too late."""

from dataclasses import replace

from dq_service.order import Order
from dq_service.service.commands import Arrive, Moment
from dq_service.service.fixes import merged
from dq_service.service.judging import Basis, Occasion, action_in, due_of, hold_of, judge, lifecycle_of, moves
from dq_service.service.telling import Said, announced, lines_of, written
from dq_service.service.versions import compare, later
from dq_service.store.kept import Body, Kept, Standing, Step, Told


def begin_with(arrived: Arrive, moment: Moment) -> Step:
    """The first body of an identity: an order begins, whatever its verdict."""
    id_, backfill = moment.new_id("ord"), arrived.backfill
    basis = Basis(arrived.order, {}, arrived.version, arrived.mapped)
    result = moment.check(arrived.order, frozenset(), ())
    lifecycle = lifecycle_of(None, result, "backfill" if backfill else "arrival")
    action = action_in(lifecycle, result)
    hold = hold_of(None, result) if lifecycle == "held" else None
    said: list[Said] = [] if backfill else [("order.received", {}), *moves(None, lifecycle, hold)]
    after = Kept(
        id=id_,
        identity=arrived.identity,
        revision=1,
        lifecycle=lifecycle,
        verdict=result.verdict,
        action=action,
        hold=hold,
        version=arrived.version,
        sent=arrived.order,
        result=written(result, id_, arrived.identity, 1, action, hold, moment.published),
        fixes={},
        events=len(said),
        acknowledged=None,
        received_at=moment.now,
        changed_at=moment.now,
        channel=basis.channel,
        test=basis.test or arrived.identity.trial,
        backfill=backfill,
        due_at=due_of(result, lifecycle, backfill, 0, moment.now),
        published=moment.published,
        filled=basis.filled,
    )
    return Step(
        before=None,
        after=after,
        body=_body(arrived, "accepted", moment),
        told=Told(result.findings, result.repairs, result.score, result.verdict, action, result.score_after),
        events=announced(after, said, 0, moment),
        lines=tuple(lines_of(result, (), id_, 1, moment)) if result.repairs else (),
        keys=moment.keys,
    )


def arrive(kept: Kept, arrived: Arrive, moment: Moment) -> Step:
    """A further body of an order that we have. What is older than ours is kept and changes nothing."""
    order = arrived.order
    if order is None or compare(arrived.version, kept.version) == "older":
        return Step(kept, kept, _body(arrived, "stale", moment))
    version = later(arrived.version, kept.version)
    if kept.lifecycle == "frozen":
        after = replace(kept, version=version, events=kept.events + 1, changed_at=max(moment.now, kept.changed_at))
        offered = {"offered": True, "status": Order(order).text("status")}
        events = announced(after, [("order.changed", offered)], kept.events, moment)
        return Step(kept, after, _body(arrived, "offered", moment), events=events)
    accepted = _body(arrived, "accepted", moment)
    merge = merged(kept, order, moment.now)
    basis = Basis(merge.sent, merge.fixes, version, merge.filled or arrived.mapped)
    if kept.lifecycle == "cancelled":  # what it says is known, and it is never judged again
        return Step(
            kept, replace(kept, sent=basis.sent, fixes=basis.fixes, version=version, filled=basis.filled), accepted
        )
    occasion: Occasion = "backfill" if arrived.backfill else "arrival"
    return judge(kept, basis, occasion, moment, noted=merge.noted, body=accepted)


def _body(arrived: Arrive, standing: Standing, moment: Moment) -> Body:
    return Body(arrived.digest, arrived.raw, arrived.version, standing, moment.now)
