import asyncio

import asyncpg
import pytest

from stoa.store.database import Pool, open_pool
from stoa.store.installation import SecretKeyChanged, check_secret_key
from stoa.store.migrations import SchemaFromTheFuture, migrate, migrations, pending

EVERYTHING = """
SELECT table_name AS of, column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS what
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT sequencename::text, start_value::text FROM pg_sequences WHERE schemaname = 'public'
ORDER BY 1, 2"""


def names() -> list[str]:
    return [migration.name for migration in migrations()]


async def schema(pool: Pool) -> list[tuple[str, str]]:
    return [(row["of"], row["what"]) for row in await pool.fetch(EVERYTHING)]


async def test_an_empty_database_becomes_the_schema_that_all_tests_run_on(empty: Pool, pool: Pool) -> None:
    assert await pending(empty) == names()
    assert await migrate(empty) == names()
    assert await pending(empty) == []
    assert await schema(empty) == await schema(pool)


async def test_a_second_run_has_nothing_to_do(empty: Pool) -> None:
    await migrate(empty)
    before = await schema(empty)

    assert await migrate(empty) == []
    assert await schema(empty) == before


async def test_of_processes_that_migrate_together_one_does_it_and_the_others_wait(empty_url: str) -> None:
    pools = [await open_pool(empty_url, connections=2) for _ in range(5)]
    applied = await asyncio.gather(*(migrate(pool) for pool in pools))
    for pool in pools:
        await pool.close()

    assert sorted(applied, key=len) == [[], [], [], [], names()]


async def test_a_migration_that_fails_leaves_nothing_behind(
    empty: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, broken = (
        migrations()[0],
        type(migrations()[0])("9999_broken", "CREATE TABLE half (id int); SELECT 1/0"),
    )
    monkeypatch.setattr("stoa.store.migrations.migrations", lambda: [sound, broken])

    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty)
    assert await schema(empty) == []


async def test_a_schema_from_a_newer_version_is_left_alone(pool: Pool) -> None:
    await pool.execute("INSERT INTO migrations (name) VALUES ('9999_from_the_future')")
    before = await schema(pool)

    with pytest.raises(SchemaFromTheFuture, match="9999_from_the_future"):
        await migrate(pool)
    with pytest.raises(SchemaFromTheFuture):
        await pending(pool)
    assert await schema(pool) == before


async def test_every_primary_key_begins_with_the_shop_where_there_is_one(pool: Pool) -> None:
    keys = await pool.fetch("""
        SELECT conrelid::regclass::text AS of, pg_get_constraintdef(oid) AS key FROM pg_constraint
        WHERE contype IN ('p', 'u') AND connamespace = 'public'::regnamespace""")

    without = {
        row["of"] for row in keys if "KEY (shop_id" not in row["key"] and "UNIQUE (shop_id" not in row["key"]
    }
    # Whoever signs in has said an e-mail address, not a shop.
    assert without == {
        "migrations",
        "operator_tokens",
        "installation",
        "strangers",
        "people",
        "desk_sessions",
    }


async def test_unique_indexes_and_foreign_keys_contain_the_shop(pool: Pool) -> None:
    unique = await pool.fetch("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE 'CREATE UNIQUE%shop_id%'")
    foreign = await pool.fetch(
        "SELECT pg_get_constraintdef(oid) AS key FROM pg_constraint WHERE contype = 'f'"
    )

    assert len(unique) >= 8
    # A session is of a person, who may be of no shop.
    assert [row["key"] for row in foreign if "(shop_id" not in row["key"]] == [
        "FOREIGN KEY (person_id) REFERENCES people(person_id) ON DELETE CASCADE"
    ]


async def test_another_secret_key_than_the_first_is_refused(pool: Pool) -> None:
    await check_secret_key(pool, "the first key")
    await check_secret_key(pool, "the first key")

    with pytest.raises(SecretKeyChanged, match="STOA_SECRET_KEY"):
        await check_secret_key(pool, "another key")


async def test_the_secret_key_itself_is_not_kept(pool: Pool) -> None:
    await check_secret_key(pool, "the first key")

    kept = await pool.fetchval("SELECT value FROM installation")
    assert b"first" not in kept
    assert len(kept) == 32
