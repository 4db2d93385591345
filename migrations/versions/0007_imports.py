"""Imports of orders by the file"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

UNFINISHED = sa.text('finished_at is null')
PENDING = sa.text("state = 'pending'")
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade():
    op.create_table(
        'order_import',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('alias', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('format', sa.String(length=4), nullable=False),
        sa.Column('mode', sa.String(length=10), nullable=False),
        sa.Column('channel', sa.String(length=20), nullable=False),
        sa.Column('owner', sa.String(length=64), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('repeat', sa.Integer(), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('columns', JSON, nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('corrects_id', sa.Uuid(), nullable=True),
        sa.Column('by_id', sa.Uuid(), nullable=False),
        sa.Column('token_id', sa.Uuid(), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_order_import_by_id')),
        sa.ForeignKeyConstraint(['corrects_id'], ['order_import.id'], name=op.f('fk_order_import_corrects_id'),
                                ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['token_id'], ['api_token.id'], name=op.f('fk_order_import_token_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_order_import')),
        sa.UniqueConstraint('owner', 'digest', 'repeat', name=op.f('uq_order_import_owner_digest_repeat')),
    )
    op.create_index(op.f('ix_order_import_alias'), 'order_import', ['alias'])
    op.create_index('ix_order_import_created', 'order_import', ['created_at'])
    op.create_index('ix_order_import_unfinished', 'order_import', ['lease_until'], postgresql_where=UNFINISHED,
                    sqlite_where=UNFINISHED)
    op.create_table(
        'order_import_line',
        sa.Column('import_id', sa.Uuid(), nullable=False),
        sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('key', sa.String(length=32), nullable=False),
        sa.Column('raw', JSON, nullable=False),
        sa.Column('wanted', JSON, nullable=True),
        sa.Column('findings', JSON, nullable=False),
        sa.Column('sentence', sa.Text(), nullable=True),
        sa.Column('order_id', sa.Uuid(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['import_id'], ['order_import.id'], name=op.f('fk_order_import_line_import_id'),
                                ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_import_line_order_id'),
                                ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('import_id', 'number', name=op.f('pk_order_import_line')),
    )
    op.create_index('ix_order_import_line_order', 'order_import_line', ['order_id'])
    op.create_index('ix_order_import_line_pending', 'order_import_line', ['import_id', 'number'],
                    postgresql_where=PENDING, sqlite_where=PENDING)
    op.create_index('ix_order_import_line_state', 'order_import_line', ['import_id', 'state', 'number'])


def downgrade():
    op.drop_table('order_import_line')
    op.drop_table('order_import')
