"""The desk's queue is counted and read in indexes alone"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

OPEN = sa.text('open')
CLAIMED = sa.text('open and claimed_by_id is not null')
HELD = sa.text('held')


def upgrade():
    op.drop_index('ix_wait_due', 'wait')
    op.create_index('ix_wait_due', 'wait', ['due_at', 'item_id'], postgresql_where=OPEN, sqlite_where=OPEN,
                    postgresql_include=['audience', 'kind', 'opened_at', 'claimed_by_id', 'claim_until'])
    op.create_index('ix_wait_claimed', 'wait', ['claimed_by_id', 'due_at', 'item_id'], postgresql_where=CLAIMED,
                    sqlite_where=CLAIMED)
    op.create_index('ix_order_item_held', 'order_item', ['id'], postgresql_where=HELD, sqlite_where=HELD)


def downgrade():
    op.drop_index('ix_order_item_held', 'order_item')
    op.drop_index('ix_wait_claimed', 'wait')
    op.drop_index('ix_wait_due', 'wait')
    op.create_index('ix_wait_due', 'wait', ['due_at', 'item_id'], postgresql_where=OPEN, sqlite_where=OPEN)
