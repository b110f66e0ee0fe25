"""What the walk asks of each page beyond axe: it stands still, keys reach everything, paper has no navigation."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, ViewportSize

from tests.browser.support import DESKTOP, NARROWEST, PHONE, assert_accessible, assert_fits
from tests.pages.visiting import Hospital, Visit

TABLET: ViewportSize = {"width": 768, "height": 1024}
WIDTHS = (NARROWEST, PHONE, TABLET, DESKTOP)
CLOSELY = (PHONE, DESKTOP)
LARGEST_SHIFT = 0.02
FORM = "main form[method=post]"

WATCH_SHIFTS = """
window.shifts = [];
window.shifting = new PerformanceObserver(list => window.keepShifts(list.getEntries()));
window.keepShifts = entries => entries.filter(entry => !entry.hadRecentInput).forEach(({value, sources}) =>
  shifts.push([value, sources.map(({node}) => (node?.outerHTML ?? node?.textContent)?.slice(0, 120))]));
shifting.observe({type: "layout-shift", buffered: true});
"""
SHIFTS = """async () => {
  await document.fonts.ready;
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  keepShifts(shifting.takeRecords());
  return window.shifts;
}"""
CONTROLS = """() => {
  const looks = element => {
    const seen = [element, element.nextElementSibling, element.parentElement, element.closest("label")];
    return seen.filter(Boolean).flatMap(part => [null, "::before", "::after"].map(where => {
      const {outlineStyle, outline, boxShadow, backgroundColor, borderStyle, border, textDecorationLine} =
        getComputedStyle(part, where);
      return [outlineStyle === "none" || outline, boxShadow, backgroundColor, borderStyle === "none" || border,
        textDecorationLine].join();
    })).join("|");
  };
  const selector = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const isThere = element => element.checkVisibility({visibilityProperty: true}) && !element.disabled
    && element.tabIndex >= 0 && element.getClientRects().length;
  const name = element => element.type === "radio" ? `radio ${element.form?.action} ${element.name}` : element;
  const before = new Map([...document.querySelectorAll(selector)].filter(isThere).map(one => [one, looks(one)]));
  const left = new Set([...before.keys()].map(name));
  const unseen = new Set();
  window.walked = {left, unseen, count: before.size, last: null};
  addEventListener("focusin", ({target}) => {
    left.delete(name(target));
    if (before.get(target) === looks(target)) unseen.add(target.outerHTML.slice(0, 200));
  });
  document.activeElement?.blur();
  getSelection().removeAllRanges();
  // A date's day, month, year and calendar are a stop each.
  return before.size + 3 * document.querySelectorAll("[type=date]").length;
}"""
WALKED = """() => {
  const text = one => typeof one === "string" ? one : one.outerHTML.slice(0, 200);
  return {left: [...walked.left].map(text), unseen: [...walked.unseen]};
}"""
ON_PAPER = """() => [...document.querySelectorAll(
    "nav, header a, header button, .nhsuk-skip-link, footer a, dialog, form button, form [type=submit]")]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length)
  .filter(one => !one.matches(".nhsuk-header__service-logo, .portal-time"))
  .map(one => one.outerHTML.slice(0, 160))"""
CONTENT = """() => {
  const main = document.querySelector("main");
  const fields = form => [...form.elements].map(one => one.name).filter(Boolean).sort().join();
  const forms = [...main.querySelectorAll("form")].map(form =>
    [new URL(form.action).pathname, form.method, fields(form)].join(" "));
  const added = `.nhsuk-password-input__toggle, .nhsuk-character-count__message, .nhsuk-character-count__status,
    .nhsuk-character-count__sr-status, .portal-code__copy, [data-print]`;
  main.querySelectorAll(added).forEach(one => one.remove());
  const words = main.innerText.split(/\\s+/).filter(Boolean).join(" ");
  return {forms, words};
}"""


def open_state(page: Page, visit: Visit, hospital: Hospital) -> None:
    """Go to a state as a person does: open the page, and send its form."""
    page.goto(visit.address)
    if visit.state.fields is None:
        return
    form = page.locator(FORM).first
    for name, value in visit.fields(hospital).items():
        fill(form.locator(f"[name='{name}']"), value)
    with page.expect_navigation():
        form.locator("button[type=submit], button:not([type])").first.click()


def fill(field: Locator, value: str) -> None:
    """Give one answer, as its field takes it; what is hidden stays as it is."""
    kind = field.first.evaluate("field => field.type")
    if kind == "hidden":
        return
    if kind in ("radio", "checkbox"):
        field.and_(field.page.locator(f"[value='{value}']")).check()
    elif kind.startswith("select"):
        field.select_option(value)
    else:
        field.fill(value)


def shifts(page: Page) -> list[str]:
    """What moved while the page was loading, if it was much."""
    moved = page.evaluate(SHIFTS)
    total = sum(value for value, _ in moved)
    return [f"moves by {total:.3f} while it loads: {moved}"] if total >= LARGEST_SHIFT else []


def keyboard(page: Page) -> list[str]:
    """What Tab does not get to, and where one would not see that it did."""
    for _ in range(page.evaluate(CONTROLS) + 3):
        page.keyboard.press("Tab")
    walked = page.evaluate(WALKED)
    return [f"Tab does not reach {one}" for one in walked["left"]] + [
        f"does not show the focus of {one}" for one in walked["unseen"]
    ]


def paper(page: Page) -> list[str]:
    """What is printed though it leads elsewhere or does something."""
    page.emulate_media(media="print")
    printed = page.evaluate(ON_PAPER)
    page.emulate_media(media="screen")
    return [f"prints {one}" for one in printed]


def summary(page: Page) -> list[str]:
    """An error summary has the focus, so that screen readers read it first."""
    script = "document.activeElement?.classList.contains('nhsuk-error-summary')"
    return [] if page.evaluate(script) else ["does not focus its error summary"]


def difference(page: Page, plain: Page, visit: Visit) -> list[str]:
    """What only one of two browsers shows, with scripts and without."""
    scripted, unscripted = page.evaluate(CONTENT), plain.evaluate(CONTENT)
    if scripted != unscripted and visit.state.fields is None:
        # What works by itself (a seal of the audit trail) came between the two looks; these are close together.
        page.reload()
        plain.reload()
        scripted, unscripted = page.evaluate(CONTENT), plain.evaluate(CONTENT)
    return [
        f"has other {what} without scripts:\n      {unscripted[what]}\n      {scripted[what]}"
        for what in scripted
        if scripted[what] != unscripted[what]
    ]


def fits(page: Page) -> None:
    """At every width nothing runs over; at some of them look with axe, too, which takes most of the time."""
    for size in WIDTHS:
        page.set_viewport_size(size)
        assert_fits(page)
        if size in CLOSELY:
            assert_accessible(page)


def complaints(page: Page, plain: Page, visit: Visit, hospital: Hospital) -> list[str]:
    """Everything that is wrong with a state of a page; axe and what does not fit fail by themselves."""
    open_state(page, visit, hospital)
    found = [*shifts(page), *(summary(page) if visit.state.is_refused else [])]
    open_state(plain, visit, hospital)
    fits(page)
    found += [*keyboard(page), *paper(page), *difference(page, plain, visit)]
    return [f"{visit.name}: {what}" for what in found]
