"""Pages of the admin with the keyboard: each control gets the focus, in order, visibly, and leaves it again."""

import pytest
from playwright.sync_api import expect

# Describes the element with the focus. `faults` are those that a person with a keyboard would notice.
STOP = """() => {
    const stop = document.activeElement;
    if (stop === document.body) return null;
    const box = stop.getBoundingClientRect();
    const style = getComputedStyle(stop);
    const points = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.9]].map(([x, y]) =>
        document.elementFromPoint(box.x + box.width * x, box.y + box.height * y));
    const faults = [];
    if (style.outlineStyle === "none" && !stop.closest("label, .select2-selection")) faults.push("has no outline");
    const isOwn = (element) => element && [stop, ...(stop.labels ?? [])].some((part) =>
        part.contains(element) || element.contains(part));
    if (!points.some(isOwn)) faults.push("is covered");
    const follows = window.last?.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (window.last && !follows) faults.push("is out of order");
    window.last = stop;
    window.visited = (window.visited ?? new Set()).add(stop);
    const name = `${stop.tagName} ${stop.id || stop.name || stop.textContent.trim().slice(0, 30)}`;
    return faults.map((fault) => `${name} ${fault}`);
}"""
# Visible controls of the page without focus so far. A group of radio buttons is one stop, a text under editing too.
MISSED = """() => [...document.querySelectorAll(
        "#content :is(a[href], button, input, select, textarea, summary, [tabindex='0'], [contenteditable='true'])")]
    .filter((control) => control.checkVisibility({ visibilityProperty: true }) && !control.disabled)
    .filter((control) => !window.visited.has(control) && control.type !== "radio")
    .filter((control) => !control.parentElement.closest("[contenteditable='true']"))
    .map((control) => control.outerHTML.slice(0, 100))"""
PAGES = [
    "/admin/",
    "/admin/partners/partneruniversity/",
    "/admin/translations/texttotranslate/?language=pl&status=all&kind=alliance.deliverable",
    "/admin/alliance/initiative/1/change/",
]
MAX_STOPS = 300


def faults_with_keyboard(page) -> list[str]:
    """Follow the skip link, press Tab through the content, and then Shift+Tab back."""
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    faults = []
    stops = 0
    page.keyboard.press("Tab")
    while (found := page.evaluate(STOP)) is not None:
        stops += 1
        if stops > MAX_STOPS:
            return [*faults, "The focus never leaves the page."]
        faults += found
        page.keyboard.press("Tab")
    faults += page.evaluate(MISSED)
    for _stop in range(stops):
        page.keyboard.press("Shift+Tab")
        page.evaluate("window.last = undefined")
        faults += page.evaluate(STOP) or []
    return faults


@pytest.mark.nightly
@pytest.mark.parametrize("path", PAGES)
def test_each_control_gets_the_focus_in_order_and_nothing_covers_it(sign_in, path):
    visitor = sign_in("root", reduced_motion="reduce")
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")
    assert faults_with_keyboard(visitor.page) == []
