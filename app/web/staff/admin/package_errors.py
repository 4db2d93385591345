"""Puts each finding about a package at the field that it is about, and words it for the summary above the form."""

import re
from collections.abc import Sequence
from dataclasses import replace

from wtforms import Form

from app.domain.errors import Finding
from app.web.portal import forms
from app.web.staff.admin.package_form import VALUE, Block, Row, Sheet


def place(sheet: Sheet, findings: Sequence[Finding]) -> list[Finding]:
    """The findings for the summary: their pointers lead to the fields, by the ends of their ids."""
    return [_placed(sheet, one) for one in findings]


def _placed(sheet: Sheet, found: Finding) -> Finding:
    sentence = re.sub(r" \([a-z_]+\)", "", found.detail)  # people read the label, not the detail's key
    form, name, before = _where(sheet, found.pointer.strip("/").split("/"))
    if form is None or name not in form:
        return replace(found, pointer=f"/{name}" if form is None else "", detail=before + sentence)
    forms.add_error(form, name, sentence)
    return Finding(f"/{form[name].name}", found.rule, before + sentence)


def _where(sheet: Sheet, parts: list[str]) -> tuple[Form | None, str, str]:
    """The form and its field, and what stands before the sentence. Without a form: where on the page."""
    if parts[0] == "options":
        return _row(sheet.options, parts[1:], "options", "Option ")
    if parts[0] != "services":
        return sheet.about, parts[0], ""
    if len(parts) < 3 or int(parts[1]) >= len(sheet.blocks):
        return None, "services", ""
    return _in_service(sheet.blocks[int(parts[1])], int(parts[1]) + 1, parts[2:])


def _in_service(block: Block, number: int, parts: list[str]) -> tuple[Form | None, str, str]:
    said = f"Item {number}"
    if parts[0] == "defaults" and len(parts) > 1:
        return block.form, VALUE + parts[1], f"{said}: "
    if parts[0] == "features":
        return _row(block.features, parts[1:], block.key, f"{said}, feature ")
    if parts[0] == "contacts":
        return _row(block.contacts, parts[1:], block.key, f"{said}, contact ")
    return None, block.key, f"{said}: "


def _row(rows: Sequence[Row], parts: list[str], place: str, noun: str) -> tuple[Form | None, str, str]:
    if len(parts) < 2 or int(parts[0]) >= len(rows):
        return None, place, ""
    return rows[int(parts[0])].form, parts[1], f"{noun}{int(parts[0]) + 1}: "
