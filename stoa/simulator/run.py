import asyncio
from pathlib import Path


class Simulation:
    @classmethod
    def of_demo(cls, data: Path, *, shop_number: int, url: str | None, per_second: float) -> "Simulation":
        return cls()


def read_rate(text: str) -> float:
    return 1.0


async def simulate(simulation: Simulation, duration: float | None) -> dict[str, int]:
    await asyncio.sleep(duration or 1e9)
    return {}
