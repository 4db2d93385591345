"""Signing in and out, and everything about one's login."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.auth import code, login, openid, recovery, security, unsubscribe
from app.web.guard import routes

bp = Blueprint("auth", __name__)

routes(
    bp,
    ("GET", "/login", login.login, Permission.OPEN),
    ("POST", "/login", login.sign_in, Permission.OPEN),
    ("POST", "/logout", login.sign_out, Permission.SIGNED_IN),
    ("GET", "/login/code", code.code_page, Permission.OPEN),
    ("POST", "/login/code", code.check_code, Permission.OPEN),
    ("GET", "/login/with/<which>", openid.go, Permission.OPEN),
    ("GET", "/login/with/<which>/back", openid.come_back, Permission.OPEN),
    # Links that are mailed: the address itself is the permission.
    ("GET", "/forgot", recovery.forgot, Permission.OPEN),
    ("POST", "/forgot", recovery.ask_reset, Permission.OPEN),
    ("GET", "/reset/<token>", recovery.reset, Permission.OPEN),
    ("POST", "/reset/<token>", recovery.choose_after_reset, Permission.OPEN),
    ("GET", "/invitation/<token>", recovery.invitation, Permission.OPEN),
    ("POST", "/invitation/<token>", recovery.accept_invitation, Permission.OPEN),
    ("GET", "/email/<token>", security.confirm_address_page, Permission.OPEN),
    ("POST", "/email/<token>", security.confirm_address, Permission.OPEN),
    # One's own sign-in.
    ("GET", "/me/security", security.security, Permission.SIGNED_IN),
    ("POST", "/me/security/address", security.ask_address, Permission.SIGNED_IN),
    ("POST", "/me/security/code", security.begin_factor, Permission.SIGNED_IN),
    ("POST", "/me/security/code/confirm", security.confirm_factor, Permission.SIGNED_IN),
    ("POST", "/me/security/code/recovery", security.new_codes, Permission.SIGNED_IN),
    ("POST", "/me/security/code/off", security.switch_off, Permission.SIGNED_IN),
    ("GET", "/mail/stop/<token>", unsubscribe.stop_mail, Permission.OPEN),
    ("POST", "/mail/stop/<token>", unsubscribe.stop_mail_now, Permission.OPEN),
)
