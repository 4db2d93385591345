"""What the faces use, unbound; `site.create_app` binds it."""

from flask_htmx import HTMX
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()
htmx = HTMX()
