"""A reviewer at work in a browser: by keys, by forms alone, with what is typed checked at once, and taken back."""

from collections.abc import Iterator
from statistics import median

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk import Office, office, opened

# From the key to the next order painted, in the browser's own time.
WATCH = """
() => {
  window.took = [];
  let begun = 0;
  addEventListener('keydown', () => { begun = performance.now(); }, true);
  new MutationObserver((all) => {
    if (begun && document.querySelector('[data-order]')) requestAnimationFrame(() => requestAnimationFrame(() => {
      if (begun) window.took.push(performance.now() - begun);
      begun = 0;
    }));
  }).observe(document.body, { childList: true });
}
"""
TYPICAL = 250.0  # milliseconds; a desk of its own takes 40, a machine that does ten other things longer


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A day's orders of one's own."""
    with office(tmp_path_factory.mktemp("desk")) as made:
        yield made


def waiting(day: Office) -> int:
    """How many items wait, as the list of the API has it."""
    return len(day.served.ask("GET", "/v1/reviews").json["reviews"])


def settle_by_keys(page: Page) -> None:
    """One item: the first candidate where there is one, what is likely, else refused for the first reason."""
    before = page.locator("[data-order]").get_attribute("data-order")
    if page.locator("[data-keeps]").count() == page.locator("[data-keeps] [data-pick='1']").count() == 1:
        page.keyboard.press("1")
    else:
        page.keyboard.press("x")
        page.keyboard.press("1")
    expect(page.locator(f"[data-order='{before}']")).to_have_count(0)


def test_twenty_mixed_items_by_keys_alone(browser: Browser, desk: Office) -> None:
    desk.send_more(20)
    count = waiting(desk)
    assert count >= 20
    with opened(browser, desk.url) as seen:
        seen.page.goto("/queue")
        seen.page.keyboard.press("j")
        seen.page.keyboard.press("j")
        seen.page.keyboard.press("k")
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_url("**/orders/*")
        seen.page.wait_for_selector("[data-order]")
        seen.page.evaluate(WATCH)
        for _ in range(count):
            settle_by_keys(seen.page)
        took = seen.page.evaluate("window.took")
        expect(seen.page.locator(".empty h2")).to_have_text("Nothing waits for a person")
    assert waiting(desk) == 0
    assert len(took) >= count // 2
    assert median(took) < TYPICAL


def test_the_same_without_script(browser: Browser, desk: Office) -> None:
    count = waiting(desk)
    with opened(browser, desk.url, script=False) as seen:
        page = seen.page
        page.goto("/queue")
        page.get_by_role("button", name="Work through them").click()
        for _ in range(count):
            assert "/orders/" in page.url
            picks = page.locator("[data-keeps] [data-pick='1']")
            if picks.count():
                picks.first.check()
                page.get_by_role("button", name="Apply").click()
            else:
                page.locator("summary", has_text="Refuse").click()
                page.locator("details[open] .choices button").first.click()
        expect(page.locator(".empty h2")).to_have_text("Nothing waits for a person")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("h1.mono")).to_be_visible()
    assert waiting(desk) == 1


def test_what_is_typed_is_checked_at_once_and_taken_back(browser: Browser, used: Office) -> None:
    result = used.of_rule("ADR003")
    with opened(browser, used.url) as seen:
        page = seen.page
        page.goto(f"/orders/{result['id']}")
        expect(page.locator("#standing")).to_contain_text("1 thing keeps it here")
        page.keyboard.press("e")
        street = page.get_by_label("Street")
        expect(street).to_be_focused()
        page.keyboard.type("1204 Phillips Avenue")
        expect(page.locator("#standing")).to_contain_text("Nothing keeps it here")
        page.keyboard.press("j")  # is typed, and moves nothing
        expect(street).to_have_value("1204 Phillips Avenuej")
        page.keyboard.press("Backspace")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("Street changed")
        page.keyboard.press("u")
        page.wait_for_url(f"**/orders/{result['id']}*")
        expect(page.get_by_label("Street")).to_have_value("Phillips Avenue")
    kept = used.served.ask("GET", f"/v1/orders/{result['id']}").json
    assert (kept["revision"], kept["lifecycle"]) == (1, "held")


def test_a_draft_that_comes_late_is_kept(browser: Browser, used: Office) -> None:
    result = used.of_rule("ADR003")
    with opened(browser, used.url) as seen:
        page = seen.page
        page.goto(f"/orders/{result['id']}")
        used.served.ask("POST", f"/v1/orders/{result['id']}/cancel")
        page.get_by_label("Street").fill("1204 Phillips Avenue")
        page.keyboard.press("Enter")
        expect(page.locator(".note.wrong")).to_contain_text("not in review any more")
        expect(page.get_by_text("1204 Phillips Avenue")).to_be_visible()
        seen.amiss[:] = [said for said in seen.amiss if "409" not in said]  # the browser notes it itself


def test_keys_are_shown_and_can_be_others(browser: Browser, day: Office) -> None:
    with opened(browser, day.url) as seen:
        page = seen.page
        page.goto("/queue")
        page.keyboard.press("?")
        page.get_by_label("Next", exact=True).focus()
        page.keyboard.press("n")
        page.get_by_role("button", name="Keep").last.click()
        first = page.locator("[data-current] .id").inner_text()
        page.keyboard.press("j")
        assert page.locator("[data-current] .id").inner_text() == first
        page.keyboard.press("n")
        assert page.locator("[data-current] .id").inner_text() != first
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("tulsa")
        page.keyboard.press("Enter")
        expect(page.locator(".item")).to_have_count(1)


def test_what_others_do_shows_as_it_happens(browser: Browser, used: Office) -> None:
    result = used.of_rule("SCH020")
    with opened(browser, used.url) as seen, opened(browser, used.url) as other:
        seen.page.goto("/queue")
        other.page.goto(f"/orders/{result['id']}")
        row = seen.page.locator(".item", has_text=result["received_id"])
        expect(row).to_have_count(1)
        for page in (seen.page, other.page):
            page.wait_for_selector("html[data-live]")
        used.served.ask("POST", f"/v1/orders/{result['id']}/cancel")
        expect(row).to_have_count(0)
        expect(seen.page.locator("[data-current]")).to_have_count(1)
        expect(other.page.locator("[data-moved]")).to_be_visible()
