"""The OMS API: every URL, its view, the scope it needs."""

from flask import Blueprint

bp = Blueprint("api", __name__)
