"""How an item remembers the agreement of the account that was asked for it."""

CONSENT = "consent"
"""The fact that says who agreed: GIVEN by the account that was asked, or ON_BEHALF of it by somebody in its place."""
GIVEN, ON_BEHALF = "given", "on_behalf"
