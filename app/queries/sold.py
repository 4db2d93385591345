"""The service types of this exchange: what is ordered only as a product is among them if there has been such a one."""

from sqlalchemy import select

from app.catalogue import SERVICE_TYPES, ServiceType
from app.domain.models import PackageService
from app.extensions import db


def kinds() -> list[ServiceType]:
    """In the catalogue's order."""
    bundled = set(db.session.scalars(select(PackageService.service_type).distinct()))
    return [kind for key, kind in SERVICE_TYPES.items() if not kind.families or key in bundled]
