"""What web servers and `flask --app wsgi` load."""

from app.site import create_app

app = create_app()
