"""Figures from counts: what is summed, by whose day, with what interval, and what a partner is shown of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from dq_service.intake.json_text import write
from dq_service.service.access import ALL, Caller
from dq_service.service.disputes import NoSuchFinding, dispute
from dq_service.service.scorecards import Scorecard, Wanted, bounds, rate, scorecard, spread, wilson
from dq_service.store import audit, figures, orders
from dq_service.store.database import Database
from dq_service.store.kept import Fix, Step
from dq_service.store.review_tables import ITEMS
from tests.store.steps import NOW, arrival, finding, told

CHICAGO = "America/Chicago"
ZONES = {"acme": CHICAGO, "tern": "Asia/Kathmandu"}
CLEAN = replace(told(verdict="clean"), findings=(), repairs=(), score={"overall": 1.0, "validity": 1.0})
HELD = replace(told(finding(outcome="open"), verdict="review", action="hold"), score={"overall": 0.5, "validity": 0.5})
MENDED = replace(told(), score={"overall": 0.8, "validity": 0.8}, score_after={"overall": 1.0, "validity": 1.0})
OURS = replace(HELD, findings=(replace(finding("PHN003", outcome="open"), cause="profile"),))


def write_all(database: Database, steps: Sequence[Step]) -> None:
    with database.writing() as connection:
        orders.write(connection, steps, (), "w1")


def card(database: Database, now: datetime = NOW, **wanted: Any) -> Scorecard:
    with database.reading() as connection:
        return scorecard(connection, Wanted(**wanted), lambda name: ZONES.get(name, ""), now)


def test_the_interval_of_a_share() -> None:
    """Against Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    known = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for (count, n), interval in known.items():
        assert wilson(count, n) == pytest.approx(interval, abs=5e-5)
    assert rate(0, 0).rate is None
    assert rate(3, 4).rate == 0.75


def test_days_begin_where_the_partner_is() -> None:
    november = bounds(date(2026, 11, 1), date(2026, 11, 1), CHICAGO)  # the day on which the clocks go back
    assert november == [datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 11, 2, 6, tzinfo=UTC)]
    assert bounds(date(2026, 12, 1), date(2026, 12, 1), "Asia/Kathmandu")[0].minute == 15


def test_which_days() -> None:
    late = datetime(2026, 12, 2, 3, tzinfo=UTC)
    assert spread(Wanted(), CHICAGO, late) == (date(2026, 11, 4), date(2026, 12, 1))
    assert spread(Wanted(), "", late)[1] == date(2026, 12, 2)
    with pytest.raises(ValueError, match="first day"):
        spread(Wanted(begin=date(2026, 12, 2), end=date(2026, 12, 1)), "", late)
    with pytest.raises(ValueError, match="366 days"):
        spread(Wanted(begin=date(2024, 12, 2), end=date(2026, 12, 1)), "", late)


def test_the_figures_of_a_partner(database: Database) -> None:
    night = NOW + timedelta(hours=11)  # 23:07 in Chicago: still the first
    write_all(database, [arrival(said=CLEAN), arrival(said=HELD, at=night), arrival(said=MENDED)])
    write_all(database, [arrival(said=CLEAN, partner="tern"), arrival(said=CLEAN)])
    found = card(database, night, partner="acme")
    assert (found.timezone, found.end, len(found.days)) == (CHICAGO, date(2026, 12, 1), 28)
    assert found.card.orders == 4
    assert (found.card.first_pass.count, found.card.repaired.count, found.card.in_review.count) == (2, 1, 1)
    assert found.card.received["overall"].mean == pytest.approx((1 + 0.5 + 0.8 + 1) / 4, abs=1e-4)
    assert found.card.sent["overall"].mean == pytest.approx((1 + 0.5 + 1 + 1) / 4, abs=1e-4)
    assert [(one.rule, one.rate.count, one.rate.n) for one in found.causes] == [("ADR021", 2, 4)]
    assert found.causes[0].outcomes == {"open": 1, "repaired": 1}
    assert found.days[-1].card is not None
    assert found.days[-1].card.orders == 4
    assert found.days[0].card is None  # nothing came: a gap, no zero
    assert card(database, night).card.orders == 5
    assert sorted(card(database, night).parts) == ["acme", "tern"]
    assert card(database, night, nobodys=True).card.orders == 0


def test_what_a_person_mended_is_no_first_pass(database: Database) -> None:
    fix = Fix("ship_to.name", "Aisha Martinez", "Aisha Martines", "user:usr_1", NOW)
    write_all(database, [arrival(said=CLEAN, fixes={"ship_to.name": fix}), arrival(said=CLEAN)])
    found = card(database, partner="acme").card
    assert (found.orders, found.first_pass.count, found.by_person.count) == (2, 1, 1)


def test_a_partner_answers_for_what_it_caused(database: Database) -> None:
    write_all(database, [arrival(said=OURS), arrival(said=HELD), arrival(said=replace(HELD, verdict="incomplete"))])
    everything, theirs = card(database, partner="acme"), card(database, partner="acme", theirs=True)
    assert (everything.card.in_review.count, everything.card.in_review.n, everything.card.not_evaluated) == (2, 2, 1)
    assert (theirs.card.in_review.count, theirs.card.first_pass.count) == (1, 1)
    assert [one.rule for one in everything.causes] == ["ADR021", "PHN003"]
    assert [one.rule for one in theirs.causes] == ["ADR021"]
    assert theirs.card.received["overall"].mean == pytest.approx((1 + 0.5 + 0.5) / 3, abs=1e-4)


def disputable(said: Any = HELD) -> Step:
    step = arrival(said=said)
    result = {
        "id": step.after.id, "findings": [vars(one) for one in said.findings], "repairs": [], "score": said.score,
        "score_after": said.score, "verdict": said.verdict, "action": said.action,
    }  # fmt: skip
    return replace(step, after=replace(step.after, result=write(result)))


def test_a_partner_disputes_a_finding(database: Database) -> None:
    step = disputable()
    write_all(database, [step, arrival(said=HELD)])
    caller = Caller("key:a", ALL, "acme")
    with pytest.raises(NoSuchFinding, match="finding"):
        dispute(database, caller, step.after.id, "PHN003", "", NOW)
    with pytest.raises(NoSuchFinding, match="order"):
        dispute(database, Caller("key:b", ALL, "tern"), step.after.id, "ADR021", "", NOW)
    assert dispute(database, caller, step.after.id, "ADR021", "the city is right", NOW).new
    assert not dispute(database, caller, step.after.id, "ADR021", "", NOW).new
    theirs, everything = card(database, partner="acme", theirs=True), card(database, partner="acme")
    assert (theirs.card.in_review.count, theirs.card.first_pass.count) == (1, 1)
    assert (theirs.causes[0].rate.count, theirs.causes[0].disputed) == (1, 1)
    assert (everything.card.in_review.count, everything.causes[0].rate.count) == (2, 2)
    with database.reading() as connection:
        line = audit.lines(connection)[0]
    assert (line.actor, line.action, line.object) == ("key:a", "finding.disputed", step.after.id)


def test_the_backlog_and_its_age(database: Database) -> None:
    rows = []
    for minutes, partner in ((10, "acme"), (100, "acme"), (2000, "acme"), (5, "tern")):
        item = {
            "order_id": f"ord_{minutes}", "partner": partner, "state": "held", "revision": 1, "hold_then": "release",
            "escalated": minutes > 1000, "opened_at": NOW - timedelta(minutes=minutes), "rank": 0.0, "seconds": 1.0,
            "severity": "error", "trial": False,
        }  # fmt: skip
        blank = {column.name: "" for column in ITEMS.c} | {"due_at": None, "confidence": None}
        rows.append(blank | item)
    with database.writing() as connection:
        connection.execute(sa.insert(ITEMS), rows)
    with database.reading() as connection:
        found = figures.backlog(connection, ["acme"], None, NOW)
        assert figures.backlog(connection, None, None, NOW).n == 4
        assert figures.backlog(connection, [], None, NOW).n == 0
    assert (found.n, found.ages, found.escalated) == (3, (1, 1, 0, 1), 1)
    assert found.oldest == NOW - timedelta(minutes=2000)
    assert found.middle == NOW - timedelta(minutes=100)


def test_the_orders_behind_a_figure(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [arrival(said=HELD if place % 2 else CLEAN, at=NOW + timedelta(minutes=place)) for place in range(10)]
    write_all(database, [*steps, arrival(said=HELD, at=NOW - timedelta(days=2)), arrival(said=HELD, partner="tern")])

    def all_behind(limit: int, **more: Any) -> list[str]:
        ids: list[str] = []
        place = None
        with database.reading() as connection:
            while True:
                found, place = figures.behind(
                    connection, ["acme"], NOW, NOW + timedelta(hours=1), after=place, limit=limit, **more
                )
                ids += [one.id for one in found]
                if place is None:
                    return ids

    monkeypatch.setattr(figures, "WALKED", 3)
    spoken_of = [step.after.id for step in steps[1::2]]
    assert all_behind(2, rule="ADR021") == spoken_of
    assert all_behind(100, verdict="review") == spoken_of
    assert all_behind(100) == [step.after.id for step in steps]
