"""What every table shares: the typed base, UTC times, JSON that knows PostgreSQL."""

import enum
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, Table, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from app.extensions import db

if TYPE_CHECKING:

    class Model(DeclarativeBase):
        """For the type checker: what `db.Model` is at run time."""
else:
    Model = db.Model


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on both databases; naive values are refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonType = JSON().with_variant(JSONB(), "postgresql")
BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key that still counts up by itself on SQLite."""


def new_id() -> uuid.UUID:
    return uuid.uuid4()


Json = dict[str, Any]


def one_of(words: type[enum.StrEnum], length: int) -> Enum:
    """A column that holds the words of an enum as text, and gives back its members."""
    return Enum(
        words,
        native_enum=False,
        length=length,
        create_constraint=False,
        values_callable=lambda kind: [w.value for w in kind],
    )


def table_of(model: type[Model]) -> Table:
    """The table behind a model, for statements that go past the identity map."""
    return cast(Table, model.__table__)
