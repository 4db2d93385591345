"""The forms of the administrator's pages. They only carry what was typed; the services judge it."""

from flask import request
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice as Choice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.domain.errors import Finding
from app.domain.permissions import Role, Scope
from app.extensions import db
from app.services.once import once
from app.web.guard import actor

ROLES = [Choice(role.value, role.value.capitalize()) for role in Role]
SCOPE_WORDS = {
    Scope.ORDERS_READ: "Read orders, their items and logs",
    Scope.ORDERS_WRITE: "Place and change orders",
    Scope.ITEMS_ACT: "Resume, retry, hold and cancel items",
    Scope.LOGS_WRITE: "Write to the log",
}
NO_SCRIPT = {"autocomplete": "off"}


class UserForm(FlaskForm):
    email = EmailField("E-mail address", [InputRequired()], id="f-email", render_kw={"maxlength": 254, **NO_SCRIPT})
    name = StringField("Name", [InputRequired()], id="f-name", render_kw={"maxlength": 200, **NO_SCRIPT})
    role = SelectField("Role", [InputRequired()], id="f-role", choices=ROLES, validate_choice=False)
    account = StringField(
        "Account", id="f-account", description="For members and resellers: its id, handle or whole name.",
        render_kw={"list": "accounts", "maxlength": 200, **NO_SCRIPT},
    )  # fmt: skip
    password = PasswordField(
        "Start password", id="f-password",
        description="Only for adding somebody without a mail; empty: one is made and shown once.",
        render_kw={"maxlength": 200, "autocomplete": "new-password"},
    )  # fmt: skip


class TokenForm(FlaskForm):
    user = StringField(
        "Whose", [InputRequired()], id="f-user",
        description="The e-mail address of a user. Staff's tokens are trusted programs.",
        render_kw={"list": "users", "maxlength": 254, **NO_SCRIPT},
    )  # fmt: skip
    name = StringField(
        "What for", [InputRequired()], id="f-name", description="As logs and the audit trail will call it, e.g. CRM.",
        render_kw={"maxlength": 100, **NO_SCRIPT},
    )  # fmt: skip
    scopes = SelectMultipleField(
        "May", id="f-scopes", choices=[Choice(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        validate_choice=False, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
    )  # fmt: skip
    expires_days = StringField(
        "Ends after", id="f-expires_days", description="Days; leave it empty for a token that does not end by itself.",
        render_kw={"inputmode": "decimal", "size": 8, "maxlength": 10, **NO_SCRIPT},
    )  # fmt: skip


def put_findings(form: FlaskForm, findings: list[Finding]) -> list[Finding]:
    """Put each sentence at its field; answer those that belong to no field."""
    rest = []
    for finding in findings:
        field: Field | None = form[name] if (name := finding.pointer.strip("/")) in form else None
        if field is None:
            rest.append(finding)
        else:
            field.errors = [*field.errors, finding.detail]
    return rest


def form_key() -> str | None:
    return request.form.get("form_key", "")[:64] or None


def first_time(what: str) -> bool:
    """Note in this transaction that the form takes effect; False if it has been sent before."""
    if once(form_key(), actor(), what):
        return True
    db.session.rollback()
    return False
