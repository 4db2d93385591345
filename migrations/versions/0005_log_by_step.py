"""log by step"""

import sqlalchemy as sa
from alembic import op
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('order_log', sa.Column('step_key', sa.String(length=80), nullable=True))


def downgrade():
    op.drop_column('order_log', 'step_key')
