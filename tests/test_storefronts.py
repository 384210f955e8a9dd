"""Orders of the shapes that storefronts and marketplaces send: none is held for what the vendor itself shows as valid.

The files are made up. What is held lacks or contradicts something in its payload, and is named here.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dq_service.result import Result

FILES = sorted((Path(__file__).parent / "fixtures" / "storefronts").glob("*.json"))
NEVER = ("totals", "window", "items", "packages", "status", "placed_at", "respond_by", "references")
HELD = {  # file: the fields that may keep it, and some of them do
    "no-shipping-address": {"ship_to.address", "ship_to.name"},
    "lines-without-sku": {"ship_to.address", "ship_to.name"},
    "marketplace-address-in-part": {"ship_to.address.line1", "ship_to.name"},
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_vendors_order_is_held_only_for_what_it_lacks(file: Path, examine: Callable[..., Result]) -> None:
    result = examine(json.loads(file.read_text("utf-8")))
    kept = {
        finding.field
        for finding in result.findings
        if finding.severity == "error" and finding.outcome in ("open", "suggested")
    }
    assert not [field for field in kept if field.startswith(NEVER)]
    assert kept <= HELD.get(file.stem, set())
    assert bool(kept) is (result.verdict == "review") is (file.stem in HELD)
    assert result.evaluated.complete


def test_the_shapes_are_there() -> None:
    assert len(FILES) == 10
    assert set(HELD) <= {file.stem for file in FILES}
