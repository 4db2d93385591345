"""The staff desk: every URL, its view, who may."""

from flask import Blueprint

bp = Blueprint("staff", __name__)
