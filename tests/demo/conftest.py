import pytest
from argon2 import PasswordHasher


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each demo makes five of them, as slowly as is right where they guard something."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("stoa.desk.passwords._hasher", quick)
