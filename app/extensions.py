"""Unbound extensions; create_app() binds them."""

from flask_htmx import HTMX
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(column_0_label)s",
}
"""Every constraint has a name of its own, on both databases, so that a later migration can take it away."""

db = SQLAlchemy(metadata=MetaData(naming_convention=NAMES))
migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()
htmx = HTMX()
