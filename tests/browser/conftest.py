"""What the tests in a browser share: one browser, one server with a day's orders.

All of it ends with each file: while Playwright runs, no other test in this thread can run an event loop.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import browser as chromium
from tests.browser.desk import Office, office


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    found = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found.program, env=found.environment or None, args=["--no-sandbox"], timeout=30_000
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A server with the demo's day on it; tests that only look share it."""
    with office(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A server for tests that change something, each on orders of its own."""
    with office(tmp_path_factory.mktemp("used")) as made:
        yield made
