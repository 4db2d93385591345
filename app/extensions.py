"""The database, unbound; `create_engine_app` binds it. What only faces need stands in `web/extensions.py`."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(column_0_label)s",
}
"""Every constraint has a name of its own, on both databases, so that a later migration can take it away."""

db = SQLAlchemy(metadata=MetaData(naming_convention=NAMES))
