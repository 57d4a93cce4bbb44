"""The real process: how it starts, how it ends, and what is left when it is killed."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncpg
import httpx
import pytest

from stoa.operator.examples import ORDER
from stoa.store.migrations import migrations
from tests.conftest import named
from tests.running import (
    PATIENCE,
    Json,
    Server,
    command,
    data_folder,
    environment,
    is_running,
    processes_on,
    serving,
    starting,
    wait_until,
)

ACCEPT = "application/vnd.skroutz+json; version=3.0"


@pytest.fixture(scope="module")
def demo() -> Iterator[Server]:
    with data_folder() as data, serving(data, "--demo", "--workers", "2") as server:
        yield server


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def placing(server: Server, operator: httpx.Client) -> int:
    """The number of an order that the server has acknowledged."""
    answer = operator.post(f"/operator/v1/shops/{server.demo['shops'][0]['id']}/orders", json=ORDER)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def inbox(server: Server, code: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = httpx.get(f"{server.url}/demo/inbox?order={code}").json()["items"]
    return items


# A server that runs


def test_what_scripts_need_is_in_a_file_for_its_owner_alone(demo: Server) -> None:
    file = demo.data / "demo.json"
    written = json.loads(file.read_text())

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert written.keys() == {"url", "operator", "shops", "desk"}
    assert written["url"] == demo.url
    assert written["operator"].keys() == {"token"}
    for shop in written["shops"]:
        assert shop.keys() == {"id", "name", "merchantpro", "shopflix", "skroutz", "webhook_url"}
        assert shop["skroutz"].keys() == {"token"}
        assert shop["merchantpro"].keys() == {"key", "secret"}
        assert shop["shopflix"].keys() == {"username", "password"}


def test_other_secrets_are_for_their_owner_alone_too(demo: Server) -> None:
    secret = demo.data / "secret.key"

    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_text().strip()) == 64


def test_an_order_makes_its_way_from_the_checkout_to_the_voucher(demo: Server) -> None:
    shop = demo.demo["shops"][0]
    with demo.operator() as operator:
        placed = operator.post(f"/operator/v1/shops/{shop['id']}/orders", json=ORDER).json()
    code = placed["codes"]["skroutz"]
    headers = {"Authorization": f"Bearer {shop['skroutz']['token']}", "Accept": ACCEPT}
    with httpx.Client(base_url=f"{demo.url}/merchants/ecommerce/orders", headers=headers) as merchant:
        options = merchant.get(code).json()["order"]["accept_options"]
        chosen = {
            "pickup_location": options["pickup_location"][0]["id"],
            "pickup_window": options["pickup_window"][0]["id"],
            "number_of_parcels": 1,
        }
        assert merchant.post(f"{code}/accept", json=chosen).json() == {"success": True}
        wait_until(lambda: merchant.get(code).json()["order"].get("courier_voucher"))
        voucher = httpx.get(merchant.get(code).json()["order"]["courier_voucher"])

    assert voucher.content.startswith(b"%PDF")
    wait_until(lambda: len(inbox(demo, code)) >= 2)
    assert inbox(demo, code)[-1]["shop_id"] == shop["id"]


def test_all_processes_are_counted_together(demo: Server) -> None:
    with demo.operator() as operator:
        placing(demo, operator)
    wait_until(
        lambda: (
            'stoa_delivery_attempts_total{endpoint="skroutz_orders",outcome="delivered"}'
            in httpx.get(f"{demo.url}/metrics").text
        )
    )

    page = httpx.get(f"{demo.url}/metrics").text
    assert 'route="/operator/v1/shops/{shop_id:int}/orders",status="201"' in page


RAW = [
    b"GET /operator/v1/shops HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer op_1_\xff\xfe\r\n\r\n",
    b"GET /operator/v1/shops?limit=%ff%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /merchants/ecommerce/orders/%ff HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /operator/v1/shops/" + b"9" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /demo/hooks/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd",
    b"POST /demo/hooks/1 HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    b"POST /demo/hooks/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
    b"MADEUP /operator/v1/shops HTTP/1.1\r\nHost: a\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00",
]


@pytest.mark.parametrize("raw", RAW)
def test_no_bytes_on_the_wire_are_answered_with_a_fault_of_ours(demo: Server, raw: bytes) -> None:
    host, port = demo.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as wire:
        wire.sendall(raw)
        status = wire.recv(64).split(b" ")[1:2]

    assert status == [] or status[0].startswith(b"4")
    assert httpx.get(f"{demo.url}/health/live").status_code == 200


def test_a_request_that_breaks_off_harms_nobody(demo: Server) -> None:
    host, port = demo.url.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port)), PATIENCE) as wire:
            wire.sendall(b"POST /demo/hooks/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")

    with demo.operator() as operator:
        assert placing(demo, operator)


def test_a_web_process_that_is_killed_is_replaced(demo: Server) -> None:
    before = demo.children("serve")
    os.kill(before[0], signal.SIGKILL)

    wait_until(lambda: len(demo.children("serve")) == 2 and before[0] not in demo.children("serve"))
    wait_until(lambda: answers(demo))
    with demo.operator() as operator:
        assert placing(demo, operator)


def test_a_worker_that_is_killed_is_replaced(demo: Server) -> None:
    before = demo.children("worker")
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: demo.children("worker") not in ([], before))

    with demo.operator() as operator:
        number = placing(demo, operator)
        shop = demo.demo["shops"][0]["id"]
        deliveries = f"/operator/v1/shops/{shop}/deliveries?state=delivered&order_id={number}"
        wait_until(lambda: operator.get(deliveries).json()["items"])
        (delivered,) = operator.get(deliveries).json()["items"]

    assert len(demo.children("worker")) == 1
    assert (delivered["order_id"], delivered["event_type"]) == (number, "new_order")


def answers(server: Server) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{server.url}/health/ready").status_code == 200
    return False


# Its end


def test_a_signal_stops_everything_and_a_restart_finds_it_again(data: Path) -> None:
    first = stopped_by(signal.SIGTERM, data)
    second = stopped_by(signal.SIGINT, data)

    assert first["operator"] == second["operator"]
    assert [shop["skroutz"] for shop in first["shops"]] == [shop["skroutz"] for shop in second["shops"]]


def stopped_by(how: signal.Signals, data: Path) -> Json:
    """What demo.json said of a server that was ended by this signal, all of it."""
    with serving(data, "--demo") as server:
        written = server.demo
        with server.operator() as operator:
            assert placing(server, operator)
        family = server.family()
        assert server.stop(how) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == "", "scripts expect one line"
    assert [pid for pid in family if is_running(pid)] == []
    assert processes_on(data) == []
    assert not (data / "metrics").exists()
    return written


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_stops_everything_too(data: Path, how: signal.Signals) -> None:
    with starting(data, "--demo") as server:
        wait_until((data / "postgres" / "data" / "postmaster.pid").exists)
        assert server.stop(how) in {0, 128 + how}

    wait_until(lambda: processes_on(data) == [])
    assert "Traceback" not in server.said()


def test_a_request_under_way_is_finished_before_the_end(data: Path) -> None:
    body = json.dumps({"order": {"code": "1"}}).encode()
    head = f"POST /demo/hooks/1 HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with serving(data, "--demo") as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as wire:
            wire.sendall(head + body[:5])
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            wire.sendall(body[5:])
            assert wire.recv(100).startswith(b"HTTP/1.1 200")
        assert server.process.wait(PATIENCE) == 0


# What a kill leaves


class Load:
    """Customers who place orders as fast as they can, until the server is gone."""

    def __init__(self, server: Server) -> None:
        self.acknowledged: list[int] = []
        self._server = server
        self._over = threading.Event()

    def run(self) -> None:
        with self._server.operator() as operator, suppress(httpx.HTTPError):
            while not self._over.is_set():
                self.acknowledged.append(placing(self._server, operator))

    def stop(self) -> None:
        self._over.set()


def acknowledged_until_killed(server: Server, kill: Callable[[], None]) -> list[int]:
    """Place orders from eight sides, end the server in the middle, and say which ones it had acknowledged."""
    load = Load(server)
    with ThreadPoolExecutor(8) as customers:
        for _ in range(8):
            customers.submit(load.run)
        wait_until(lambda: len(load.acknowledged) > 100)
        kill()
        server.process.wait(PATIENCE)
        load.stop()
    return load.acknowledged


def test_what_was_acknowledged_outlives_a_kill_of_the_server(data: Path) -> None:
    with serving(data, "--demo") as server:
        family = {pid for kind in ("serve", "worker", "simulate") for pid in server.children(kind)}
        acknowledged = acknowledged_until_killed(server, server.process.kill)
        wait_until(lambda: not any(map(is_running, family)))

    with serving(data, "--demo") as again, again.operator() as operator:
        told = told_of(operator, again.demo["shops"][0]["id"])
        assert set(acknowledged) <= told.keys()
        assert {told[number] for number in acknowledged} <= {"pending", "delivered"}


def test_what_was_acknowledged_outlives_a_kill_of_everything_and_its_webhook_arrives(data: Path) -> None:
    with serving(data, "--demo", "--no-worker") as server:
        family = server.family()
        acknowledged = acknowledged_until_killed(server, lambda: kill_all(family))

    with serving(data, "--demo") as again, again.operator() as operator:
        shop = again.demo["shops"][0]["id"]
        for number in acknowledged[::10] + acknowledged[-10:]:
            events = operator.get(f"/operator/v1/shops/{shop}/orders/{number}/events").json()["items"]
            assert [event["kind"] for event in events] == ["Placed"]
        assert set(acknowledged) <= told_of(operator, shop).keys()
        wait_until(lambda: {told_of(operator, shop)[number] for number in acknowledged} == {"delivered"})


def kill_all(processes: Iterable[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def told_of(operator: httpx.Client, shop: int) -> dict[int, str]:
    """The state of each order's first delivery."""
    states: dict[int, str] = {}
    cursor = ""
    while True:
        page = operator.get(f"/operator/v1/shops/{shop}/deliveries?limit=100{cursor}").json()
        states |= {
            item["order_id"]: item["state"] for item in page["items"] if item["event_type"] == "new_order"
        }
        if page["next"] is None:
            return states
        cursor = f"&cursor={page['next']}"


# Several processes


async def test_two_processes_that_bring_a_database_up_to_date_together_are_fine(
    postgres: str, data: Path
) -> None:
    connection = await asyncpg.connect(postgres)
    await connection.execute("CREATE DATABASE for_two")
    settings = {"STOA_DATABASE_URL": named(postgres, "for_two"), "STOA_SECRET_KEY": "k" * 32}
    line = [sys.executable, "-m", "stoa", "migrate", "--json", "--data", str(data)]
    both = [
        await asyncio.create_subprocess_exec(
            *line, env=environment(**settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [await process.communicate() for process in both]
    await connection.execute("DROP DATABASE for_two WITH (FORCE)")
    await connection.close()

    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(len(json.loads(out)["applied"]) for out, _ in said) == [0, len(migrations())]


class Receiver(ThreadingHTTPServer):
    """A shop's server, which keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.bodies: list[bytes] = []


class Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


def test_a_server_without_a_worker_leaves_the_work_to_a_worker(data: Path) -> None:
    allowing = {"STOA_WEBHOOK_ALLOW": "127.0.0.0/8"}
    with (
        serving(
            data, "--no-worker", STOA_LOG_LEVEL="debug", STOA_WEBHOOK_ALLOW=allowing["STOA_WEBHOOK_ALLOW"]
        ) as server,
        receiving() as receiver,
    ):
        token = command("token", "create", "--dialect", "operator", "--data", data).stdout.strip()
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as operator:
            secret = placing_with_webhook(operator, f"http://127.0.0.1:{receiver.server_port}/hook")
        assert server.children("worker") == []
        assert receiver.bodies == []
        work_until(data, lambda: len(receiver.bodies) == 1, allowing)
        assert httpx.get(f"{server.url}/demo/inbox").status_code == 404
        server.stop()

        assert token.split("_", 2)[2] not in server.said()
        assert secret not in server.said()


def placing_with_webhook(operator: httpx.Client, url: str) -> str:
    """The secret that signs what a new shop is told of its one order."""
    shop = f"/operator/v1/shops/{operator.post('/operator/v1/shops', json={'name': 'Α'}).json()['id']}"
    said = operator.put(f"{shop}/webhook", json={"url": url}).json()
    assert operator.post(f"{shop}/orders", json=ORDER).status_code == 201
    return str(said["signing_secret"])


def work_until(data: Path, done: Callable[[], bool], settings: Mapping[str, str]) -> None:
    """Run a worker of its own until the work is done; it ends in order."""
    line = [sys.executable, "-m", "stoa", "worker", "--data", str(data)]
    with subprocess.Popen(line, env=environment(**settings), stderr=subprocess.DEVNULL) as worker:
        try:
            wait_until(done)
            worker.terminate()
            assert worker.wait(PATIENCE) == 0
        finally:
            worker.kill()


# What keeps it from starting


def refused(*arguments: object, **settings: str) -> str:
    """The one sentence with which the server does not start."""
    done = command("serve", *arguments, settings=settings)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("stoa: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_port_that_is_taken_is_one_sentence(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refused("--port", port, "--data", data)

    assert f"Port {port} of 127.0.0.1 cannot be used" in sentence
    assert "--port" in sentence


def test_an_address_that_is_not_ours_is_one_sentence(data: Path) -> None:
    assert "cannot be used" in refused("--host", "192.0.2.1", "--port", "0", "--data", data)
    sentence = refused("--host", "no.such.host.invalid", "--port", "0", "--data", data)
    assert "no.such.host.invalid is no address of this machine" in sentence


def test_a_data_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    # Root may write everywhere, but not even root makes a folder of a file or in /proc.
    for folder in (file, Path("/proc/stoa")):
        sentence = refused("--port", "0", "--data", folder)
        assert str(folder) in sentence
        assert "--data" in sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)

    assert "--data" in refused("--port", "0", "--data", tmp_path)
