"""Counts by quarter hour say what a count of all orders would say, whatever happened to them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from dq_service.store import disputes, orders
from dq_service.store.bulk import bulk
from dq_service.store.database import Database
from dq_service.store.disputes import Dispute
from dq_service.store.kept import Step, Told
from dq_service.store.rollups import is_theirs, moved, quarter_of, score_by, verdict_by
from dq_service.store.schema import ROLLUPS
from tests.store.steps import NOW, arrival, changed, finding, told

WHERE = ("quarter", "partner", "account", "channel", "rule", "dimension", "outcome", "cause")


def counts(database: Database) -> dict[tuple[Any, ...], tuple[int, float]]:
    """All counts that are not zero, over all workers."""
    columns = [ROLLUPS.c[name] for name in WHERE]
    sums = sa.select(*columns, sa.func.sum(ROLLUPS.c.n), sa.func.sum(ROLLUPS.c.total)).group_by(*columns)
    with database.reading() as connection:
        return {tuple(row[:8]): (int(row[8]), round(row[9], 6)) for row in connection.execute(sums) if row[8]}


def test_the_quarter_of_an_instant() -> None:
    assert quarter_of(NOW) == datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
    assert quarter_of(datetime(2026, 12, 1, 18, 59, 59, 999999, UTC)) == datetime(2026, 12, 1, 18, 45, tzinfo=UTC)


def test_a_rule_counts_once_an_order(database: Database) -> None:
    said = told(finding("ITM010", "items[0].sku"), finding("ITM010", "items[1].sku"), finding("ITM010", outcome="open"))
    with database.writing() as connection:
        orders.write(connection, [arrival(said=said)], (), "w1")
    found = {key[4:]: count for key, count in counts(database).items()}
    assert found == {
        ("ITM010", "validity", "repaired", "partner"): (1, 0.0),
        ("ITM010", "validity", "open", "partner"): (1, 0.0),
        ("", "", "repaired", "release"): (1, 0.0),
        ("", "overall", "score", ""): (1, 0.9),
        ("", "completeness", "score", ""): (1, 1.0),
        ("", "validity", "score", ""): (1, 0.8),
        ("", "consistency", "score", ""): (1, 1.0),
    }


def test_tests_and_backfill_are_not_counted(database: Database) -> None:
    with database.writing() as connection:
        orders.write(connection, [arrival(test=True), arrival(backfill=True)], (), "w1")
    assert counts(database) == {}


def test_counts_are_those_of_the_orders_as_they_stand(database: Database) -> None:
    random = Random(4)
    standing: dict[str, tuple[Step, Told]] = {}
    for _ in range(25):
        steps = []
        for _ in range(random.randrange(1, 9)):
            rules = random.sample(["ADR021", "ITM010", "PHN003", "ZIP001"], random.randrange(4))
            said = replace(told(verdict=random.choice(["clean", "review"])), findings=tuple(map(finding, rules)))
            if standing and random.random() < 0.4:
                before, before_told = standing[random.choice(list(standing))]
                step = changed(before.after, said=said, before_told=before_told)
            else:
                at = NOW + timedelta(minutes=random.randrange(60))
                step = arrival(partner=random.choice("ab"), account=random.choice("xy"), at=at, said=said)
            standing[step.after.id] = (step, said)
            steps.append(step)
        with database.writing() as connection:
            orders.write(connection, steps, (), random.choice(["w1", "w2"]))
    expected: Counter[tuple[Any, ...]] = Counter()
    for step, said in standing.values():
        kept = step.after
        whose = (quarter_of(kept.received_at), kept.identity.partner, kept.identity.account, kept.channel)
        for one in said.findings:
            expected[(*whose, one.rule, one.dimension, one.outcome, one.cause)] += 1
        expected[(*whose, "", "", said.verdict, said.action)] += 1
    found = counts(database)
    assert {key: count for key, (count, _) in found.items() if key[6] != "score"} == expected
    overall = sum(count for key, (count, _) in found.items() if key[5] == "overall")
    assert overall == len(standing)


def partly_ours() -> Told:
    """An order with a wrong city, which its sender caused, and a phone that the profile spoiled."""
    theirs, ours = finding("ADR021", outcome="open"), replace(finding("PHN003", outcome="open"), cause="profile")
    score = {"overall": 0.8, "completeness": 1.0, "validity": 0.6}
    return replace(told(theirs, ours, verdict="review", action="hold"), score=score)


def by_key(database: Database) -> dict[tuple[Any, ...], tuple[int, float]]:
    """What is counted beside rules, verdicts and scores, and what is disputed."""
    columns = [ROLLUPS.c[name] for name in WHERE[4:]]
    sums = sa.select(*columns, *(sa.func.sum(ROLLUPS.c[name]) for name in ("n", "total", "disputed"))).group_by(
        *columns
    )
    with database.reading() as connection:
        rows = connection.execute(sums).all()
    return {
        tuple(row[:4]): (int(row[6] if row[0] else row[4]), round(row[5], 6))
        for row in rows
        if row[2] != "score" and ((row[6] if row[0] else row[4]) or abs(row[5]) > 1e-9)
    }


def test_a_score_by_some_of_its_findings_loses_their_share() -> None:
    said = partly_ours()
    half = score_by(said.findings[:1], said.findings, said.score)
    assert half == {"overall": 0.9, "completeness": 1.0, "validity": 0.8}
    assert score_by((), said.findings, said.score) == {"overall": 1.0, "completeness": 1.0, "validity": 1.0}
    assert score_by(said.findings, said.findings, said.score) == said.score


def test_a_verdict_by_some_findings() -> None:
    repaired, kept_back = finding(), finding("ITM010", outcome="suggested")
    warning = replace(kept_back, severity="warning")
    assert verdict_by([repaired, kept_back], "review") == "review"
    assert verdict_by([repaired, warning], "review") == "repaired"
    assert verdict_by([], "review") == "clean"
    assert verdict_by([], "incomplete") == "incomplete"  # not evaluated is not passed
    assert verdict_by([], "rejected") == "incomplete"


def test_what_a_partner_did_not_cause_or_disputes_is_told_apart(database: Database) -> None:
    said = partly_ours()
    step = arrival(said=said)
    with database.writing() as connection:
        orders.write(connection, [step], (), "w1")
    assert by_key(database) == {
        ("", "", "review", "hold"): (1, 0.0),
        ("", "overall", "spared", ""): (1, 0.1),
        ("", "validity", "spared", ""): (1, 0.2),
        ("", "overall", "spared_after", ""): (1, 0.1),
        ("", "validity", "spared_after", ""): (1, 0.2),
    }
    kept = step.after
    with database.writing() as connection:
        rows = moved(kept, said, (), {"ADR021"}, "disputes", bulk(connection).at)
        disputes.add(connection, Dispute(kept.id, "ADR021", "acme", "key:a", NOW, ""), rows)
    assert by_key(database) == {
        ("", "", "review", "hold"): (1, 0.0),
        ("", "spared", "clean", "review"): (1, 0.0),
        ("ADR021", "validity", "open", "partner"): (1, 0.0),
        ("", "overall", "spared", ""): (1, 0.2),
        ("", "validity", "spared", ""): (1, 0.4),
        ("", "overall", "spared_after", ""): (1, 0.2),
        ("", "validity", "spared_after", ""): (1, 0.4),
    }
    clean = replace(told(verdict="clean"), findings=(), repairs=())
    with database.writing() as connection:  # the next revision takes back what was disputed with it
        orders.write(connection, [changed(kept, said=clean, before_told=said)], (), "w2")
    assert by_key(database) == {("", "", "clean", "release"): (1, 0.0)}


def test_what_repairs_made_better_and_who_was_refused(database: Database) -> None:
    better = replace(told(), score_after={"overall": 1.0, "completeness": 1.0, "validity": 1.0, "consistency": 1.0})
    first = arrival(said=better)
    with database.writing() as connection:
        orders.write(connection, [first, arrival(lifecycle="refused", said=told())], (), "w1")
        refused = replace(first.after, lifecycle="refused")
        orders.write(connection, [Step(first.after, refused)], (), "w1")
    found = by_key(database)
    assert found["", "overall", "mended", ""] == (1, 0.1)
    assert found["", "validity", "mended", ""] == (1, 0.2)
    assert found["", "refused", "", ""] == (2, 0.0)


def test_for_what_a_partner_answers() -> None:
    assert is_theirs(finding(), ())
    assert not is_theirs(finding(), {"ADR021"})
    assert not is_theirs(finding(outcome="waived"), ())
    assert not is_theirs(finding(outcome="not_evaluated"), ())
    assert not is_theirs(replace(finding(), cause="profile"), ())
