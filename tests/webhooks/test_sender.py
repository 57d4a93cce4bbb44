import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from stoa.webhooks.guard import Address, Guard, Lookup, UrlAccepted, parse_networks
from stoa.webhooks.sender import Outcome, Sender

Serve = Callable[[Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]], Awaitable[str]]

BODY = '{"order": "191128-1234567", "name": "Μαρία"}'.encode()
LOOPBACK = "127.0.0.0/8"


@asynccontextmanager
async def a_sender(
    allowed: str = LOOPBACK, lookup: Lookup | None = None, total: float = 5.0
) -> AsyncIterator[Sender]:
    async with Sender(Guard(parse_networks(allowed), lookup), connect=2, total=total) as sender:
        yield sender


async def sent(
    url: str, allowed: str = LOOPBACK, lookup: Lookup | None = None, total: float = 5.0
) -> Outcome:
    async with a_sender(allowed, lookup, total) as sender:
        return await sender.send(url, BODY, {"webhook-id": "msg_1_1"})


def resolving_to(*rounds: str) -> Lookup:
    """Answer with the next address at every look-up, and with the last one from then on."""
    left = list(rounds)

    async def lookup(host: str, port: int) -> list[Address]:
        return [ip_address(left.pop(0) if len(left) > 1 else left[0])]

    return lookup


def answering(status: int, **more: str | bytes) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, **more)  # type: ignore[arg-type]

    return answer


def redirecting(times: int, seen: list[tuple[str, str, bytes, str]], status: int = 302) -> object:
    """Redirect so many times, counting down in the path, and answer 200 at last."""

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append((request.method, request.path, await request.read(), request.headers["webhook-id"]))
        left = int(request.path.strip("/") or times)
        if left == 0:
            return web.Response()
        return web.Response(status=status, headers={"Location": f"/{left - 1}"})

    return answer


async def test_a_200_is_a_delivery(serve: Serve) -> None:
    outcome = await sent(await serve(answering(200)))

    assert (outcome.status, outcome.error, outcome.delivered) == (200, None, True)
    assert 0 <= outcome.duration_ms < 5000


@pytest.mark.parametrize("status", [201, 202, 204, 304, 400, 404, 410, 429, 500, 503])
async def test_any_other_answer_is_a_failure(serve: Serve, status: int) -> None:
    outcome = await sent(await serve(answering(status)))

    assert (outcome.status, outcome.error, outcome.delivered) == (status, None, False)


async def test_the_beginning_of_an_answer_is_kept_as_text(serve: Serve) -> None:
    outcome = await sent(await serve(answering(500, body="Σφάλμα\0".encode() + b"\xff" + b"x" * 2000)))

    assert outcome.response is not None
    assert outcome.response.startswith("Σφάλμα\ufffd\ufffdxxx")
    assert len(outcome.response.encode()) < 1010


async def test_who_answers_nothing_leaves_nothing_to_read(serve: Serve) -> None:
    assert (await sent(await serve(answering(204)))).response == ""
    assert (await sent("http://127.0.0.1:1")).response is None


async def test_an_answer_is_asked_for_as_it_can_be_read(serve: Serve) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(text=request.headers["Accept-Encoding"])

    assert (await sent(await serve(answer))).response == "identity"


async def test_body_and_headers_arrive_as_given(serve: Serve) -> None:
    seen: list[tuple[str, bytes, dict[str, str]]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append((request.path_qs, await request.read(), dict(request.headers)))
        return web.Response()

    url = await serve(answer)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Skroutz OrderNotifier v1"}
    async with a_sender() as sender:
        await sender.send(f"{url}/hook?shop=7", BODY, headers)

    path, body, arrived = seen[0]
    assert (path, body) == ("/hook?shop=7", BODY)
    assert arrived.items() >= headers.items()


async def test_one_connection_serves_again_and_no_cookie_is_kept(serve: Serve) -> None:
    ports: set[object] = set()
    cookies: list[str | None] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        ports.add(request.transport and request.transport.get_extra_info("peername"))
        cookies.append(request.headers.get("Cookie"))
        return web.Response(text="ok", headers={"Set-Cookie": "session=1"})

    url = await serve(answer)
    async with a_sender() as sender:
        for _ in range(3):
            await sender.send(url, BODY, {})

    assert len(ports) == 1
    assert cookies == [None, None, None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_three_redirects_are_followed_with_method_body_and_headers_kept(
    serve: Serve, status: int
) -> None:
    seen: list[tuple[str, str, bytes, str]] = []

    outcome = await sent(await serve(redirecting(3, seen, status)))  # type: ignore[arg-type]

    assert outcome.delivered
    assert seen == [("POST", path, BODY, "msg_1_1") for path in ("/", "/2", "/1", "/0")]


async def test_a_fourth_redirect_is_not_followed(serve: Serve) -> None:
    seen: list[tuple[str, str, bytes, str]] = []

    outcome = await sent(await serve(redirecting(4, seen)))  # type: ignore[arg-type]

    assert (outcome.status, outcome.error) == (302, "redirected more than 3 times")
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://10.0.0.5/", "address refused: 10.0.0.5 is private; see STOA_WEBHOOK_ALLOW"),
        (
            "https://169.254.169.254/latest/meta-data",
            "address refused: 169.254.169.254 is a cloud's metadata service; see STOA_WEBHOOK_ALLOW",
        ),
        ("//[::1]/", "address refused: ::1 is loopback; see STOA_WEBHOOK_ALLOW"),
        (
            "http://0x7f.1/",
            "address refused: the URL's address must be written in the usual form, such as 192.0.2.1",
        ),
        (
            "http://93.184.215.14/",
            "address refused: plain http is only for addresses inside STOA_WEBHOOK_ALLOW",
        ),
        ("ftp://127.0.0.1/", "address refused: the URL must begin with https://"),
        ("http://user:secret@127.0.0.1/", "address refused: the URL must not carry a user or password"),
        ("http://[oops/?token=secret", "not a URL"),
        ("", "redirected to nowhere"),
    ],
)
async def test_a_redirect_to_a_place_that_may_not_be_called_is_refused(
    serve: Serve, location: str, error: str
) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=307, headers={"Location": location})

    outcome = await sent(await serve(answer))

    assert outcome.error == error
    assert not outcome.delivered


async def test_a_redirect_to_a_name_is_checked_at_connect(serve: Serve) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=307, headers={"Location": "https://internal.shop.gr/"})

    outcome = await sent(await serve(answer), lookup=resolving_to("10.0.0.5"))

    assert outcome.error == "address refused: 10.0.0.5 is private; see STOA_WEBHOOK_ALLOW"


async def test_a_name_that_turns_to_loopback_after_registration_is_not_called() -> None:
    with a_listener() as (port, listener):
        guard = Guard([], resolving_to("93.184.215.14", "127.0.0.1"))
        url = f"https://rebinding.shop.gr:{port}/"
        assert await guard.check_url(url, "shop.gr") == UrlAccepted()
        async with Sender(guard) as sender:
            outcome = await sender.send(url, BODY, {})

        assert outcome.error == "address refused: 127.0.0.1 is loopback; see STOA_WEBHOOK_ALLOW"
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_the_address_that_was_checked_is_the_one_connected_to(serve: Serve) -> None:
    url = (await serve(answering(200))).replace("127.0.0.1", "erp.internal")

    # Only the first answer is good: a second look-up would lead elsewhere.
    outcome = await sent(url, lookup=resolving_to("127.0.0.1", "10.0.0.5"))

    assert outcome.delivered


async def test_plain_http_to_a_name_outside_the_allow_list_is_refused() -> None:
    outcome = await sent("http://shop.gr/", lookup=resolving_to("93.184.215.14"))

    assert outcome.error == "address refused: plain http is only for addresses inside STOA_WEBHOOK_ALLOW"


@pytest.mark.parametrize("chunked", [True, False])
async def test_of_a_long_answer_only_the_beginning_is_read(serve: Serve, chunked: bool) -> None:  # noqa: FBT001
    written = 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        response.content_length = None if chunked else 1 << 30
        await response.prepare(request)
        for _ in range(1 << 14):
            await response.write(b"x" * (1 << 16))
            written += 1 << 16
        return response

    outcome = await sent(await serve(answer))

    assert outcome.delivered
    assert written < 16 << 20


async def test_an_endpoint_that_says_nothing_times_out(serve: Serve) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    outcome = await sent(await serve(answer), total=0.1)

    assert (outcome.status, outcome.error) == (None, "timed out")
    assert 100 <= outcome.duration_ms < 2000


async def test_redirects_share_one_total_time(serve: Serve) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.15)
        return web.Response(status=307, headers={"Location": "/again"})

    assert (await sent(await serve(answer), total=0.3)).error == "timed out"


async def test_a_port_where_nobody_listens_refuses_the_connection() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = await sent(f"http://127.0.0.1:{unused.getsockname()[1]}/")

    assert (outcome.status, outcome.error) == (None, "connection refused")


async def test_a_name_that_does_not_exist_is_not_found() -> None:
    async def lookup(host: str, port: int) -> list[Address]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert (await sent("https://nowhere.shop.gr/?token=secret", lookup=lookup)).error == "name not found"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", "connection closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "connection closed"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "the answer is not HTTP"),
    ],
)
async def test_what_is_not_an_http_answer_is_a_failure(said: bytes, error: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        outcome = await sent(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/?token=secret")

    assert outcome.error == error
    assert not outcome.delivered


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        outcome = await sent(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")

    assert outcome.error == "TLS failed: the certificate is not valid for the host"


async def test_what_is_stored_but_is_no_url_is_a_failure_not_a_crash() -> None:
    assert [(await sent(url)).error for url in ("http://[oops", "")] == [
        "not a URL",
        "address refused: the URL must begin with https://",
    ]


@contextmanager
def a_listener() -> Iterator[tuple[int, socket.socket]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)  # noqa: FBT003  the socket's own signature
        yield listener.getsockname()[1], listener


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return folder / "server.pem"
