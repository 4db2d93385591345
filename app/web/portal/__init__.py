"""The member portal: every URL, its view, who may."""

from flask import Blueprint

bp = Blueprint("portal", __name__, url_prefix="/portal")
