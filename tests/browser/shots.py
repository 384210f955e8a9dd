"""Pictures of the pages, wide and narrow, light and dark: `python -m tests.browser.shots FOLDER`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.chromium import browser as chromium
from tests.browser.desk import office, opened
from tests.browser.test_looks import PAGES


def main(folder: Path) -> None:
    """Makes them."""
    folder.mkdir(parents=True, exist_ok=True)
    found = chromium()
    with tempfile.TemporaryDirectory() as data, office(Path(data)) as day, sync_playwright() as playwright:
        day.send_more(40)
        started = playwright.chromium.launch(
            executable_path=found.program, env=found.environment or None, args=["--no-sandbox"]
        )
        for name, path in PAGES.items():
            for width in (1440, 390):
                for dark in (False, True):
                    with opened(started, day.url, width=width, dark=dark) as seen:
                        seen.page.goto(path(day))
                        shot = f"{name.replace(' ', '-')}-{width}-{'dark' if dark else 'light'}.png"
                        seen.page.screenshot(path=folder / shot)
                        seen.amiss.clear()
        started.close()
    print(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
