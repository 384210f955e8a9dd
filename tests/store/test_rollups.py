"""Counts by quarter hour say what a count of all orders would say, whatever happened to them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from dq_service.store import orders
from dq_service.store.database import Database
from dq_service.store.kept import Step, Told
from dq_service.store.rollups import quarter_of
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
