"""Alembic's environment, as `alembic init` makes it but for the address, which comes from the trial."""

import importlib.util
import logging
import os

from alembic import context
from models import Base
from sqlalchemy import create_engine, pool

if importlib.util.find_spec("jobs"):
    import jobs  # noqa: F401

logging.basicConfig(level=logging.INFO)
engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
