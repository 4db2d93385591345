"""What people may change about themselves."""

import uuid
from zoneinfo import available_timezones

from app.domain import story
from app.domain.errors import Finding, Invalid, NotFound
from app.domain.models import User
from app.extensions import db

THEMES = ("", "light", "dark")
DENSITIES = ("", "compact")


def change_settings(user_id: uuid.UUID, *, timezone: str, theme: str, density: str, shortcuts: bool) -> None:
    """How pages look to this person. Empty = the exchange's time zone, the system's theme, the usual density."""
    findings = []
    if timezone and timezone not in available_timezones():
        findings.append(Finding("/timezone", "choice", f"There is no time zone “{timezone[:60]}”."))
    if theme not in THEMES:
        findings.append(Finding("/theme", "choice", "The theme is light, dark, or as the system has it."))
    if density not in DENSITIES:
        findings.append(Finding("/density", "choice", "The density is usual or compact."))
    if findings:
        raise Invalid("Some settings are not right.", findings)
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    after = {"timezone": timezone, "theme": theme, "density": density, "shortcuts": shortcuts}
    before = {name: getattr(user, name) for name in after}
    for name, value in after.items():
        setattr(user, name, value)
    story.audit(user.name, "settings changed", subject=user.email, before=before, after=after)
    db.session.commit()
