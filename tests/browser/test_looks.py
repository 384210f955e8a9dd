"""Pages as a browser has them: nothing wrong for those who cannot see or use a mouse, nothing from elsewhere, small."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.desk import Office, opened

HEAVY = {"serious", "critical"}
LARGEST = 60_000  # bytes of a page without pictures


def of_rule(code: str) -> Callable[[Office], str]:
    """The page of the order that this rule holds."""
    return lambda day: f"/orders/{day.of_rule(code)['id']}"


PAGES: dict[str, Callable[[Office], str]] = {
    "queue": lambda _: "/queue",
    "a narrower queue": lambda _: "/queue?partner=acme&state=held",
    "a queue of nothing": lambda _: "/queue?q=nobody",
    "an order with candidates": of_rule("SCH020"),
    "an order without": of_rule("ADR003"),
    "an order without a window": of_rule("SCH001"),
    "raw": lambda day: f"/orders/{day.of_rule('SCH020')['id']}/raw",
    "rule": lambda _: "/rules/ADR021",
    "scorecard": lambda _: "/scorecards",
    "scorecard of a partner": lambda _: "/scorecards?partner=acme&counted=partner",
    "orders behind a figure": lambda _: "/scorecards/orders?partner=acme",
    "check a file": lambda _: "/check",
    "no such order": lambda _: "/orders/ord_0",
}


def faults(page: Page) -> list[str]:
    """What axe finds that shuts somebody out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in HEAVY
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_shut_out(browser: Browser, day: Office, name: str, dark: bool) -> None:
    with opened(browser, day.url, dark=dark) as seen:
        answer = seen.page.goto(PAGES[name](day))
        assert answer is not None
        assert len(answer.body()) < LARGEST
        assert faults(seen.page) == []
        seen.page.set_viewport_size({"width": 720, "height": 450})  # the same at 200 %
        assert dark or faults(seen.page) == []
        wide = seen.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, "it must be moved sideways to be read"
        if "no such" in name:
            seen.amiss.clear()  # the browser notes a 404 itself


@pytest.mark.parametrize(
    "name", ["queue", "an order with candidates", "an order without a window", "scorecard", "check a file"]
)
def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, day: Office, name: str) -> None:
    with opened(browser, day.url, width=390) as seen:
        seen.page.goto(PAGES[name](day))
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert faults(seen.page) == []


def test_parts_are_kept_for_ever_by_what_is_in_them(day: Office) -> None:
    page = day.served.ask("GET", "/queue")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    paths = [piece.split('"')[0] for piece in page.raw.decode().split('href="')[1:] if piece.startswith("/static/")]
    for path in paths:
        part = day.served.ask("GET", path)
        assert (part.status, part.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    other = day.served.ask("GET", paths[0].replace(paths[0].split("/")[2], "0" * 12))
    assert (other.status, other.headers["cache-control"]) == (200, "no-cache")
    assert day.served.ask("GET", "/static/x/../../pyproject.toml").status == 404


PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "'-alert(1)-'", "{{7*7}}",
    "{% raw %}", "javascript:alert(1)", "</textarea><script>alert(1)</script>", "</title><script>alert(1)</script>",
    "<!--", "]]>", "&lt;script&gt;", "<iframe src=//evil.example>", "<a href=javascript:alert(1)>x</a>",
    "<style>*{display:none}</style>", "<link rel=stylesheet href=//evil.example>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;//evil.example>", "<form action=//evil.example><button>", "`alert(1)`",
    "${alert(1)}", "\u2028alert(1)", "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>",
    "<body onload=alert(1)>", "<math><mi xlink:href=javascript:alert(1)>", "<object data=//evil.example>",
    "<embed src=//evil.example>", "<video><source onerror=alert(1)>", "<marquee onstart=alert(1)>",
    "<select autofocus onfocus=alert(1)>", "<keygen onfocus=alert(1)>", "hx-get=//evil.example",
    "<div hx-get=//evil.example>",
    "<div data-hx-on:click=alert(1)>", "\" data-hx-get=\"//evil.example", "' onmouseover='alert(1)", "\\\"><script>",
    "<scr\u0000ipt>", "\u202e<script>alert(1)</script>",
)  # fmt: skip
TEXTS = (
    "account", "channel", "ship_to.name", "ship_to.company", "ship_to.phone", "ship_to.email", "ship_to.address.line1",
    "ship_to.address.line2", "ship_to.address.city", "ship_to.address.state", "ship_to.address.postal_code",
    "instructions", "gift_message", "access_code", "references.po", "window.start", "placed_at",
)  # fmt: skip


def hostile(payload: str, number: int) -> dict[str, object]:
    """An order with this in every text field, and in the name of one."""
    order: dict[str, object] = {
        "order_id": f"X-{number} {payload}",
        "partner": "acme",
        payload.replace(".", ""): payload,
    }
    for path in TEXTS:
        *steps, last = path.split(".")
        branch = order
        for step in steps:
            branch = branch.setdefault(step, {})  # type: ignore[assignment]
        branch[last] = payload
    return order | {"items": [{"sku": payload, "description": payload, "quantity": 1}]}


def test_what_senders_write_is_text(browser: Browser, used: Office) -> None:
    assert len(PAYLOADS) == 40
    held = [used.send(hostile(payload, number)) for number, payload in enumerate(PAYLOADS)]
    with opened(browser, used.url) as seen:
        seen.page.on("dialog", lambda dialog: seen.amiss.append(dialog.message))
        for result in held:
            seen.page.goto(f"/orders/{result['id']}")
            own = seen.page.evaluate(
                "[...document.querySelectorAll('script, iframe, object, embed, base, link, style, img, math, video')]"
                ".filter((one) => !(one.src ?? one.href ?? '').startsWith(location.origin + '/static/')).length"
            )
            assert own == 0
            assert result["received_id"].split(" ")[0] in seen.page.locator("h1").inner_text()
        seen.page.goto("/queue")
        assert seen.page.locator(".item").count() >= 40
