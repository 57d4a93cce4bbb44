"""``make bench``: start the service and the bare handler side by side, measure both in turn, print the ratios."""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from bench.desk import time_desk
from bench.orders import BODY_BYTES, LOCATIONS, OF_TWO_LINES, SHOP, a_placement, an_order
from stoa.app import Complete, open_stoa
from stoa.clock import system_clock
from stoa.dialects.shopflix.orders import ACCEPT as ACCEPTANCE
from stoa.dialects.shopflix.shipments import MOST_AT_ONCE
from stoa.dialects.shopflix.view import identifier
from stoa.dialects.skroutz.view import order_code
from stoa.orders.order import Actor, Order
from stoa.orders.shop import Shop
from stoa.serving import PASSED_ON
from stoa.settings import read_settings
from stoa.store.database import open_pool
from stoa.store.local_postgres import LocalPostgres
from stoa.store.orders import Stored
from stoa.store.shops import Token
from stoa.webhooks.signing import new_signing_key

ACCEPT = "application/vnd.skroutz+json; version=3.0"
ROUNDS = 5
CONNECTIONS = 16
SECONDS = 4.0
FEW, MANY = 10_000, 1_000_000
FIRST = 5_000_001
"""The first number of the orders that are there from the start, far from those that the service draws."""

ENDPOINTS = 32
DELIVERIES = 20_000

# Most orders are long done; one in fifty is at each of the other stages. One every ten seconds.
FILL = """
INSERT INTO orders (shop_id, id, version, state, stage, step, payment_status, payment_step, payment_code,
                    shipping_method, customer_number, tracking_codes, tag_ids, total_cents, shipping_vat_cents, channel, placed_at, updated_at, body)
SELECT 1, number, 1, state, stage, state, 'paid', 'paid_online', 'card', 'acs', number / 3, ARRAY['T' || number], '{}', 20940, 0,
       'bench', $3::timestamptz + (number - $1) * interval '10 seconds', $3, jsonb_set($4::jsonb, '{id}', to_jsonb(number))
FROM generate_series($1::bigint, $2::bigint) AS number
CROSS JOIN LATERAL (SELECT
    (ARRAY['open', 'accepted', 'dispatched', 'returned', 'cancelled'])[1 + number % 50] AS other_state,
    (ARRAY['awaiting', 'confirmed', 'shipped', 'returned', 'cancelled'])[1 + number % 50] AS other_stage) AS other
CROSS JOIN LATERAL (SELECT coalesce(other_state, 'delivered') AS state, coalesce(other_stage, 'delivered') AS stage) AS at
"""

TALLY = """
INSERT INTO order_tallies (shop_id, stage, step, payment_status, n, folded)
SELECT shop_id, stage, step, payment_status, count(*), true FROM orders WHERE id BETWEEN $1 AND $2 GROUP BY 1, 2, 3, 4"""

QUEUE = """
INSERT INTO deliveries (shop_id, order_id, endpoint, event_type, payload, due_at, created_at)
SELECT $1, NULL, $2, 'new_order', $3, now(), now() FROM generate_series(1, $4)"""

LEFT = "SELECT count(*) FROM deliveries WHERE state = 'pending'"


class Service:
    """The database and the credentials that all measurements use."""

    def __init__(self, complete: Complete) -> None:
        self.complete = complete
        self.shop_token = self.operator_token = ""
        self.key = self.password = ""
        """What opens MerchantPro's API and Shopflix's, as HTTP Basic sends it."""
        self.environment = os.environ | {
            variable: getattr(complete, field) for field, variable in PASSED_ON.items()
        }
        self.environment["STOA_WEBHOOK_ALLOW"] = "127.0.0.0/8"

    async def prepare(self) -> None:
        async with open_stoa(self.complete) as stoa:
            shops, now = stoa.service.shops, system_clock()
            shop = await shops.add(Shop(id=0, name="Το μαγαζί των μετρήσεων", locations=LOCATIONS), now)
            self.shop_token = str(await shops.issue(shop.id, "skroutz", now))
            self.key = basic(await shops.issue(shop.id, "merchantpro", now))
            self.password = basic(await shops.issue(shop.id, "shopflix", now))
            self.operator_token = str(await shops.issue_to_operator(now))
            sealed = stoa.service.vault.seal(new_signing_key(), shop.id, stoa.webhook_kind)
            await shops.set_endpoint(
                shop.id, stoa.webhook_kind, url="http://127.0.0.1:9/", signing_key=sealed, now=now
            )

    async def print_vouchers(self) -> list[str]:
        """Accept as many orders as one call prints, with a voucher each; the answer is their identifiers."""
        identifiers = []
        async with open_stoa(self.complete) as stoa:
            service = stoa.service
            shop = await service.shops.read(1) or SHOP
            for _ in range(MOST_AT_ONCE):
                number = await service.orders.next_number()
                order = await service.engine.place(a_placement(), shop=shop, number=number, then=[ACCEPTANCE])
                if not isinstance(order, Order):
                    raise SystemExit(order.message)
                placed = Stored(order, version=2)
                await service.press.print_voucher(placed, shop, by=Actor.MERCHANT)
                identifiers.append(identifier(order, shop))
        return identifiers

    async def fill(self, first: int, last: int) -> None:
        """Orders by these numbers, as they would be after placing."""
        order = an_order(1)
        pool = await open_pool(self.complete.database_url, connections=1)
        for start in range(first, last + 1, 50_000):
            end = min(start + 49_999, last)
            at = order.placed_at + timedelta(seconds=10 * (start - last))
            await pool.execute(FILL, start, end, at, msgspec.json.encode(order), timeout=600)
        await pool.execute(TALLY, first, last, timeout=600)
        await pool.execute("VACUUM ANALYZE orders", timeout=600)
        await pool.close()


def basic(token: Token) -> str:
    return b64encode(f"{token.key}:{token.secret}".encode()).decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(*arguments: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([sys.executable, *arguments], env=environment)
    try:
        yield started
    finally:
        started.terminate()
        with suppress(subprocess.TimeoutExpired):
            started.wait(20)
        started.kill()
        started.wait()


@contextmanager
def web(target: str, port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    arguments = ("-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop", "--workers", "1")
    options = ("--no-access-log", "--log-level", "error", "--port", str(port), target)
    with process(*arguments, *options, environment=environment) as started:
        wait_for(port)
        yield started


def wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            time.sleep(0.5)
            return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers at port {port}")


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: bench",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def load(port: int, requests: list[bytes], connections: int = CONNECTIONS) -> dict[str, float]:
    given = b"".join(b"%d\n" % len(one) + one for one in requests)
    command = [sys.executable, "-m", "bench.load", str(port), str(connections), str(SECONDS)]
    answered: dict[str, float] = json.loads(
        subprocess.run(command, input=given, capture_output=True, check=True).stdout
    )
    if answered["wrong"]:
        raise SystemExit(
            f"{answered['wrong']:.0f} of {answered['requests']:.0f} requests were not answered with 2xx"
        )
    return answered


def compare(name: str, ours: tuple[int, list[bytes]], bare: tuple[int, list[bytes]], goal: float) -> None:
    """Both in turn, several times; the ratio of each pair, so that a slow moment hits both."""
    pairs = [(load(*bare), load(*ours)) for _ in range(ROUNDS)]
    ratios = sorted(mine["per_second"] / its["per_second"] for its, mine in pairs)
    its = statistics.median(pair[0]["per_second"] for pair in pairs)
    mine = statistics.median(pair[1]["per_second"] for pair in pairs)
    ratio = statistics.median(ratios)
    verdict = "met" if ratio >= goal else "MISSED"
    print(
        f"{name:34} {ratio:5.2f} of the bare handler (goal {goal}, {verdict}; {ratios[0]:.2f} to {ratios[-1]:.2f}); "
        f"{mine:,.0f} against {its:,.0f} requests/s",
        flush=True,
    )


def read_headers(service: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.shop_token}", "Accept": ACCEPT}


def reads(service: Service, numbers: range) -> tuple[list[bytes], list[bytes]]:
    """The same orders, asked for from the service and from the bare handler."""
    shop, order = Shop(id=1, name=""), an_order(1)
    day = order_code(order, shop).split("-")[0]
    headers = read_headers(service)
    ours = [request("GET", f"/merchants/ecommerce/orders/{day}-{n}", headers) for n in numbers]
    bare = [request("GET", f"/orders/{day}-{n}", {}) for n in numbers]
    return ours, bare


def compare_reads_and_places(service: Service) -> None:
    ours_port, bare_port = free_port(), free_port()
    with (
        web("stoa.serving:web_worker", ours_port, service.environment),
        web("bench.bare:app", bare_port, service.environment),
    ):
        ours, bare = reads(service, range(FIRST, FIRST + FEW, 7))
        compare("read an order", (ours_port, ours), (bare_port, bare), 0.7)
        headers = {"Authorization": f"Bearer {service.operator_token}"}
        placing = request("POST", "/operator/v1/shops/1/orders", headers, BODY_BYTES)
        inserting = request("POST", "/orders", {}, BODY_BYTES)
        compare("place an order durably", (ours_port, [placing]), (bare_port, [inserting]), 0.6)
        headers = {"Authorization": f"Basic {service.key}"}
        body = msgspec.json.encode(OF_TWO_LINES)
        adding = request("POST", "/api/v2/orders", headers, body)
        inserting = request("POST", "/orders-of-two-lines", {}, body)
        compare("add an order of two lines", (ours_port, [adding]), (bare_port, [inserting]), 0.6)


def compare_sizes(small: Service, many: int) -> None:
    """Reading by code in a small shop and in a large one, each in a database of its own, in turn; then the large one's
    lists."""
    large = large_shop(small.complete, many)
    ports = free_port(), free_port()
    few, _ = reads(small, range(FIRST, FIRST + FEW, 7))
    spread, _ = reads(large, range(FIRST, FIRST + many, max(1, many // 20_000)))
    with (
        web("stoa.serving:web_worker", ports[0], small.environment),
        web("stoa.serving:web_worker", ports[1], large.environment),
    ):
        load(ports[1], spread)
        pairs = [(load(ports[0], few)["p50_ms"], load(ports[1], spread)["p50_ms"]) for _ in range(ROUNDS)]
        compare_lists(large)
    ratios = sorted(of_many / of_few for of_few, of_many in pairs)
    ratio = statistics.median(ratios)
    verdict = "met" if ratio <= 1.2 else "MISSED"
    print(
        f"{f'read among {many:,} orders':34} {ratio:5.2f} times the time among {FEW:,} "
        f"(goal 1.2, {verdict}; {ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )
    time_desk(large.complete, FIRST, FIRST + many - 1)


def large_shop(complete: Complete, many: int) -> Service:
    """A database of its own with so many orders."""
    large = asyncio.run(another_database(complete))
    began = time.monotonic()
    asyncio.run(large.fill(FIRST, FIRST + many - 1))
    print(f"{'':34} ({many:,} orders placed in {time.monotonic() - began:.0f} s)", flush=True)
    return large


def compare_lists(large: Service) -> None:
    """A page of 100 orders of the large shop, with all the fields of a list, and how long one takes alone."""
    ours_port, bare_port = free_port(), free_port()
    with (
        web("stoa.serving:web_worker", ours_port, large.environment),
        web("bench.bare:app", bare_port, large.environment),
    ):
        headers = {"Authorization": f"Basic {large.key}"}
        newest, its_newest = [request("GET", "/api/v2/orders", headers)], [request("GET", "/orders", {})]
        compare("list the newest 100 of many", (ours_port, newest), (bare_port, its_newest), 0.6)
        starts = range(0, 20_000, 100)
        pages = [request("GET", f"/api/v2/orders?start={start}", headers) for start in starts]
        its_pages = [request("GET", f"/orders?start={start}", {}) for start in starts]
        compare("list page after page", (ours_port, pages), (bare_port, its_pages), 0.6)
        for what, query in LISTS.items():
            time_alone(what, ours_port, request("GET", f"/api/v2/orders{query}", headers))
        headers = {"Authorization": f"Basic {large.password}"}
        newest = [request("GET", "/v2/orders?itemsPerPage=100", headers)]
        compare("Shopflix: the newest 100 of many", (ours_port, newest), (bare_port, its_newest), 0.6)
        pages = [request("GET", f"/v2/orders?itemsPerPage=100&page={n}", headers) for n in range(1, 201)]
        compare("Shopflix: page after page", (ours_port, pages), (bare_port, its_pages), 0.6)
        for what, query in SHOPFLIX_LISTS.items():
            time_alone(what, ours_port, request("GET", f"/v2/orders?itemsPerPage=100{query}", headers))


def time_alone(what: str, port: int, asked: bytes) -> None:
    """How long one takes while nothing else is asked for."""
    alone = load(port, [asked], connections=1)
    print(f"{what:34} {alone['p50_ms']:.1f} ms at the median, one at a time", flush=True)


def time_mass_print(service: Service) -> None:
    """Print as many labels as one call takes."""
    port, identifiers = free_port(), asyncio.run(service.print_vouchers())
    headers = {"Authorization": f"Basic {service.password}"}
    many = ",".join(identifiers)
    with web("stoa.serving:web_worker", port, service.environment):
        for form in ("pdf", "a4"):
            asked = request("GET", f"/v2/shipments/{many}/print?labelFormat={form}", headers)
            time_alone(f"print {len(identifiers)} labels, {form} (goal 1500)", port, asked)


LISTS = {
    "list the newest (goal 12)": "",
    "list of a frequent status": "?shipping_status=delivered",
    "list of a rare status": "?shipping_status=awaiting",
    "list by tracking number": "?shipping_awb=T5000007",
    "list from the 500,000th on": "?start=500000",
}


SHOPFLIX_LISTS = {
    "Shopflix: page 1": "&page=1",
    "Shopflix: page 5,000 (goal 150)": "&page=5000",
    "Shopflix: delivered, page 1,000": "&state=delivered-to-customer&page=1000",
    "Shopflix: a year's": "&dateFrom=2026-01-01",
}


async def another_database(complete: Complete) -> Service:
    pool = await open_pool(complete.database_url, connections=1)
    await pool.execute("CREATE DATABASE large")
    await pool.close()
    url = urlunsplit(urlsplit(complete.database_url)._replace(path="/large"))
    service = Service(msgspec.structs.replace(complete, database_url=url))
    await service.prepare()
    return service


async def queue_deliveries(service: Service, port: int) -> None:
    payload = b'{"event_type":"new_order","order":' + msgspec.json.encode(an_order(1)) + b"}"
    async with open_stoa(service.complete) as stoa:
        shops, now = stoa.service.shops, system_clock()
        await stoa.service.pool.execute("DELETE FROM deliveries")
        # The bare handler places orders with another one's body, of which the worker can make nothing: it would try all along.
        await stoa.service.pool.execute("DELETE FROM order_tallies WHERE NOT folded")
        for n in range(ENDPOINTS):
            shop = await shops.add(Shop(id=0, name=f"Μαγαζί {n}"), now)
            key = stoa.service.vault.seal(new_signing_key(), shop.id, stoa.webhook_kind)
            await shops.set_endpoint(
                shop.id, stoa.webhook_kind, url=f"http://127.0.0.1:{port}/hooks/{n}", signing_key=key, now=now
            )
            await stoa.service.pool.execute(
                QUEUE, shop.id, stoa.webhook_kind, payload, DELIVERIES // ENDPOINTS
            )


async def wait_until_delivered(database_url: str) -> tuple[int, float]:
    """How many were delivered in how many seconds, from the first one to the last."""
    pool = await open_pool(database_url, connections=1)
    began, at_start = 0.0, await pool.fetchval(LEFT)
    left = at_start
    while left:
        await asyncio.sleep(0.05)
        before, left = left, await pool.fetchval(LEFT)
        if not began and left < before:
            began, at_start = time.monotonic(), left
    await pool.close()
    return at_start, time.monotonic() - began


def resident(pid: int) -> float:
    """Megabytes that a process had at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure_deliveries(service: Service) -> None:
    port = free_port()
    with process("-m", "bench.receiver", str(port), environment=service.environment):
        wait_for(port)
        rates, most = [], 0.0
        for _ in range(3):
            asyncio.run(queue_deliveries(service, port))
            with process("-m", "stoa", "worker", environment=service.environment) as worker:
                count, seconds = asyncio.run(wait_until_delivered(service.complete.database_url))
                rates.append(count / seconds)
                most = max(most, resident(worker.pid))
    rate = statistics.median(rates)
    verdict = "met" if rate >= 1500 and most < 150 else "MISSED"
    print(
        f"{f'deliver webhooks, {ENDPOINTS} endpoints':34} {rate:,.0f} a second (goal 1,500), "
        f"worker at most {most:.0f} MB (goal 150): {verdict}",
        flush=True,
    )


def measure_memory(service: Service) -> None:
    port = free_port()
    with web("stoa.serving:web_worker", port, service.environment) as server:
        ours, _ = reads(service, range(FIRST, FIRST + FEW, 7))
        load(port, ours)
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(server.pid)], capture_output=True, check=False
        )
        sizes = [resident(server.pid), *(resident(int(pid)) for pid in listed.stdout.split())]
    print(f"{'memory of the web processes':34} {', '.join(f'{size:.0f} MB' for size in sizes)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=MANY, help="how many orders the large shop has")
    parser.add_argument(
        "--only", choices=["handlers", "deliveries", "size", "desk"], help="measure just this"
    )
    asked = parser.parse_args()
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="stoa-bench-")))
        folder.chmod(0o711)
        postgres = running.enter_context(LocalPostgres(folder / "postgres"))
        complete = Complete(
            settings=read_settings(),
            database_url=postgres.url,
            blob_url=f"file://{folder}/files",
            public_url="http://127.0.0.1:8000",
            secret_key="a secret key that only measurements have",
        )
        service = Service(complete)
        asyncio.run(service.prepare())
        asyncio.run(service.fill(FIRST, FIRST + FEW - 1))
        if asked.only in {None, "handlers"}:
            compare_reads_and_places(service)
            measure_memory(service)
            time_mass_print(service)
        if asked.only in {None, "deliveries"}:
            measure_deliveries(service)
        if asked.only in {None, "size"}:
            compare_sizes(service, asked.orders)
        if asked.only == "desk":
            large = large_shop(complete, asked.orders)
            time_desk(large.complete, FIRST, FIRST + asked.orders - 1)


main()
