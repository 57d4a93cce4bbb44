"""A load generator of its own process: keep-alive connections that ask and wait, and how long that took.

    python -m bench.load PORT CONNECTIONS SECONDS < REQUESTS

Standard input has the requests, each as ``LENGTH\\n`` and so many bytes; every connection sends them in turn.
Prints JSON: requests answered, seconds, milliseconds at the median and at the 99th percentile, other statuses.
"""

import asyncio
import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterator

import uvloop

WARM_UP = 1.0


async def connection(port: int, requests: Iterator[bytes], until: float, took: list[float]) -> int:
    """Ask until the time is over; the answer is how many were not answered with 2xx."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    wrong = 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        took.append(time.perf_counter() - began)
        wrong += not head.startswith(b"HTTP/1.1 2")
    writer.close()
    return wrong


async def measure(port: int, connections: int, seconds: float, requests: list[bytes]) -> dict[str, float]:
    sent = itertools.cycle(requests)
    await asyncio.gather(
        *(connection(port, sent, time.perf_counter() + WARM_UP, []) for _ in range(connections))
    )
    took: list[float] = []
    began = time.perf_counter()
    wrong = await asyncio.gather(*(connection(port, sent, began + seconds, took) for _ in range(connections)))
    elapsed = time.perf_counter() - began
    percentiles = statistics.quantiles(took, n=100)
    return {
        "requests": len(took),
        "seconds": elapsed,
        "per_second": len(took) / elapsed,
        "p50_ms": percentiles[49] * 1000,
        "p99_ms": percentiles[98] * 1000,
        "wrong": sum(wrong),
    }


def read_requests() -> list[bytes]:
    requests = []
    while line := sys.stdin.buffer.readline():
        requests.append(sys.stdin.buffer.read(int(line)))
    return requests


def main() -> None:
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(uvloop.run(measure(port, connections, seconds, read_requests()))))


if __name__ == "__main__":
    main()
