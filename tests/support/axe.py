"""Accessibility of the page that a browser shows, by axe-core (tests/support/axe.min.js)."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = (Path(__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """One line for each rule broken, with the elements that break it. WCAG 2.0 to 2.2 A and AA, and best practice."""
    page.evaluate(SCRIPT)  # evaluate, not a script element: the page's strict CSP would refuse one
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", RULES)
    return [
        f"{one['id']}: {one['help']}: " + "; ".join(node["html"][:160] for node in one["nodes"])
        for one in found["violations"]
    ]
