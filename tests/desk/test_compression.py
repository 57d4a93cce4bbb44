import gzip

import httpx
import pytest

from stoa.desk.rendering import STATIC, static_address
from tests.conftest import Merchant
from tests.desk.people import csrf_of, posting

ACCOUNT = "/desk/account"


async def raw(client: httpx.AsyncClient, path: str, accepted: str) -> tuple[httpx.Headers, bytes]:
    """Headers and body as they travel."""
    async with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        assert answer.status_code == 200
        return answer.headers, b"".join([part async for part in answer.aiter_raw()])


@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.8", "gzip;q=0.01"]
)
async def test_a_page_travels_compressed_to_a_browser_that_takes_it_so(
    owner: httpx.AsyncClient, accepted: str
) -> None:
    headers, body = await raw(owner, ACCOUNT, accepted)

    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(headers["content-length"]) == len(body)
    assert gzip.decompress(body).endswith(b"</html>")


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "deflate, gzip; q=0"])
async def test_any_other_program_gets_the_page_as_it_is(owner: httpx.AsyncClient, accepted: str) -> None:
    headers, body = await raw(owner, ACCOUNT, accepted)

    assert ("content-encoding" in headers, headers["vary"]) == (False, "Accept-Encoding")
    assert body.endswith(b"</html>")


@pytest.mark.parametrize("name", STATIC)
async def test_the_files_of_pages_travel_compressed_too(stranger: httpx.AsyncClient, name: str) -> None:
    plain, body = await raw(stranger, static_address(name), "identity")
    packed, shorter = await raw(stranger, static_address(name), "gzip")

    assert gzip.decompress(shorter) == body
    assert (plain["vary"], packed["vary"]) == ("Accept-Encoding", "Accept-Encoding")
    assert packed["content-type"] == plain["content-type"] == STATIC[name]
    assert "immutable" in packed["cache-control"]


async def test_a_redirect_is_not_compressed(owner: httpx.AsyncClient, merchant: Merchant) -> None:
    answer = await owner.get("/desk", headers={"Accept-Encoding": "gzip"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/{merchant.shop.id}/orders")
    assert "content-encoding" not in answer.headers


async def test_the_proof_in_a_page_is_never_the_same_and_always_good(owner: httpx.AsyncClient) -> None:
    proofs = [csrf_of(await owner.get(ACCOUNT)) for _ in range(3)]
    answers = [
        await owner.post(f"{ACCOUNT}/language", data={"csrf": proof, "language": "el"}) for proof in proofs
    ]

    assert len(set(proofs)) == 3
    assert [answer.status_code for answer in answers] == [303, 303, 303]


@pytest.mark.parametrize("cut", [slice(0, -2), slice(2, None), slice(0, 32), slice(0, 0)])
async def test_a_part_of_a_proof_is_none(owner: httpx.AsyncClient, cut: slice) -> None:
    proof = csrf_of(await owner.get(ACCOUNT))

    answer = await owner.post(f"{ACCOUNT}/language", data={"csrf": proof[cut], "language": "el"})

    assert answer.status_code == 403
    assert (await posting(owner, f"{ACCOUNT}/language", language="en")).status_code == 303
