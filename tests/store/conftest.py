from collections.abc import AsyncIterator

import asyncpg
import pytest

from stoa.store.database import Pool, open_pool
from tests.conftest import named


@pytest.fixture
async def empty_url(postgres: str) -> AsyncIterator[str]:
    """A database in which there is nothing."""
    connection = await asyncpg.connect(postgres)
    await connection.execute("CREATE DATABASE empty")
    yield named(postgres, "empty")
    await connection.execute("DROP DATABASE empty WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(empty_url)
    yield pool
    await pool.close()
