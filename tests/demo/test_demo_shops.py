import json
import re
import stat
import subprocess
from pathlib import Path

import httpx
import msgspec
from msgspec.structs import replace

from stoa.app import Stoa
from stoa.demo.guide import guide
from stoa.demo.shops import SHOPS, DemoFile, open_demo
from stoa.desk.accounts import Accounts
from stoa.desk.passwords import Passwords
from stoa.store.people import Person, Role
from stoa.store.shops import OPERATOR_PREFIX, SHOP_PREFIX, read_key, read_token
from tests.conftest import browsing
from tests.ledger import Ledger, with_ledger
from tests.operator.calls import a_body

URL = "http://127.0.0.1:8000"


async def test_the_demo_is_written_for_scripts_with_credentials_that_work(stoa: Stoa, tmp_path: Path) -> None:
    await open_demo(stoa, tmp_path, URL)

    file = tmp_path / "demo.json"
    written = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert written.keys() == {"url", "operator", "shops", "desk"}
    assert written["url"] == URL
    await stoa.service.shops.operator(read_token(written["operator"]["token"], OPERATOR_PREFIX))
    for shop in written["shops"]:
        assert shop.keys() == {"id", "name", *(dialect.name for dialect in stoa.dialects), "webhook_url"}
        caller = await stoa.service.shops.caller(read_token(shop["skroutz"]["token"], SHOP_PREFIX), "skroutz")
        assert (caller.shop.id, caller.shop.name) == (shop["id"], shop["name"])
        assert shop["webhook_url"] == f"{URL}/demo/hooks/{shop['id']}"


async def test_a_second_start_keeps_shops_and_tokens_and_moves_to_the_new_address(
    stoa: Stoa, tmp_path: Path
) -> None:
    first = msgspec.to_builtins(await open_demo(stoa, tmp_path, URL))
    second = msgspec.to_builtins(await open_demo(stoa, tmp_path, "http://127.0.0.1:9"))

    moved = json.loads(json.dumps(first).replace(URL, "http://127.0.0.1:9"))
    assert second == moved
    told = await stoa.service.shops.endpoint(first["shops"][0]["id"], "skroutz_orders")
    assert told is not None
    assert told[0] == second["shops"][0]["webhook_url"]


async def test_every_shop_hears_of_its_orders_and_of_its_returns_at_one_address(
    stoa: Stoa, tmp_path: Path
) -> None:
    demo = await open_demo(stoa, tmp_path, URL)

    for shop in demo.shops:
        told = await stoa.service.shops.endpoints_of(shop.id)
        assert {endpoint.kind for endpoint in told} == {"skroutz_orders", "skroutz_returns"}
        assert {(endpoint.url, endpoint.enabled) for endpoint in told} == {(shop.webhook_url, True)}


async def test_the_signing_secret_survives_a_second_start(stoa: Stoa, tmp_path: Path) -> None:
    demo = await open_demo(stoa, tmp_path, URL)
    before = await stoa.service.shops.endpoint(demo.shops[0].id, "skroutz_orders")
    await open_demo(stoa, tmp_path, URL)
    after = await stoa.service.shops.endpoint(demo.shops[0].id, "skroutz_orders")

    assert before is not None
    assert before == after


async def test_a_new_dialect_gets_credentials_and_those_of_the_others_stay(
    stoa: Stoa, tmp_path: Path
) -> None:
    file = tmp_path / "demo.json"
    await open_demo(stoa, tmp_path, URL)
    before = json.loads(file.read_text())
    await open_demo(with_ledger(stoa), tmp_path, URL)
    added = file.read_text()
    await open_demo(with_ledger(stoa), tmp_path, URL)

    assert file.read_text() == added
    shops = json.loads(added)["shops"]
    assert [shop.pop("abacus").keys() for shop in shops] == [{"key", "secret"}] * len(SHOPS)
    assert shops == before["shops"]


async def test_credentials_that_come_in_two_parts_work_too(stoa: Stoa, tmp_path: Path) -> None:
    demo = await open_demo(with_ledger(stoa), tmp_path, URL)

    for shop in demo.shops:
        shown = shop.credentials["abacus"]
        token = read_key(shown["key"], shown["secret"], SHOP_PREFIX)
        assert (await stoa.service.shops.caller(token, "abacus")).shop.id == shop.id


async def test_only_the_credentials_that_no_longer_work_are_issued_anew(stoa: Stoa, tmp_path: Path) -> None:
    before = await open_demo(with_ledger(stoa), tmp_path, URL)
    await stoa.service.shops.issue(before.shops[1].id, "abacus", stoa.service.clock())
    after = await open_demo(with_ledger(stoa), tmp_path, URL)

    lost, issued = (demo.shops[1].credentials.pop("abacus") for demo in (before, after))
    token = read_key(issued["key"], issued["secret"], SHOP_PREFIX)
    assert (await stoa.service.shops.caller(token, "abacus")).shop.id == before.shops[1].id
    assert issued != lost
    assert after == before


async def test_an_operators_token_that_no_longer_works_is_issued_anew(stoa: Stoa, tmp_path: Path) -> None:
    before = await open_demo(stoa, tmp_path, URL)
    lost = read_token(before.operator.token, OPERATOR_PREFIX)
    await stoa.service.shops.revoke_of_operator(lost.number)
    after = await open_demo(stoa, tmp_path, URL)

    assert after.shops == before.shops
    assert await stoa.service.shops.operator(read_token(after.operator.token, OPERATOR_PREFIX))


async def test_credentials_of_a_dialect_that_is_gone_are_kept_while_they_work(
    stoa: Stoa, tmp_path: Path
) -> None:
    before = await open_demo(with_ledger(stoa), tmp_path, URL)
    await stoa.service.shops.revoke(before.shops[0].id, "abacus")
    after = await open_demo(stoa, tmp_path, URL)

    del before.shops[0].credentials["abacus"]
    assert after == before


async def test_shops_that_nothing_on_file_opens_are_somebody_elses(stoa: Stoa, tmp_path: Path) -> None:
    theirs = await open_demo(stoa, tmp_path, URL)
    file = tmp_path / "demo.json"
    secrets = re.compile(r'("(?:token|secret|password)": "[^"]*)"')
    file.write_text(secrets.sub(r'\1x"', file.read_text()))
    ours = await open_demo(stoa, tmp_path, URL)

    assert {shop.id for shop in theirs.shops}.isdisjoint({shop.id for shop in ours.shops})
    for shop in theirs.shops:
        token = read_token(shop.credentials["skroutz"]["token"], SHOP_PREFIX)
        assert (await stoa.service.shops.caller(token, "skroutz")).shop.id == shop.id


async def test_a_demo_of_shops_that_are_not_there_is_made_anew(stoa: Stoa, tmp_path: Path) -> None:
    before = await open_demo(stoa, tmp_path, URL)
    file = tmp_path / "demo.json"
    file.write_text(file.read_text().replace(f'"id": {before.shops[1].id}', '"id": 999'))
    after = await open_demo(stoa, tmp_path, URL)

    assert len(after.shops) == len(SHOPS)
    assert {shop.id for shop in before.shops}.isdisjoint({shop.id for shop in after.shops})


async def test_a_demo_without_webhooks_begins_all_the_same(stoa: Stoa, tmp_path: Path) -> None:
    demo = await open_demo(replace(stoa, dialects=[Ledger()]), tmp_path, URL)

    assert [shop.credentials.keys() for shop in demo.shops] == [{"abacus"}] * len(SHOPS)
    assert await stoa.service.shops.endpoints(100) == []


async def opened_by(stoa: Stoa, demo: DemoFile) -> list[Person | None]:
    """Who the passwords on file let sign in."""
    accounts = Accounts(stoa.service.people, Passwords())
    return [await accounts.opens(person.email, person.password) for person in demo.desk.people]


async def test_every_shop_has_an_owner_and_a_packer_and_the_marketplace_an_operator(
    stoa: Stoa, tmp_path: Path
) -> None:
    demo = await open_demo(stoa, tmp_path, URL)

    people = [person for person in await opened_by(stoa, demo) if person]
    assert [(person.role, person.shop_id) for person in people] == [
        *((role, shop.id) for shop in demo.shops for role in (Role.OWNER, Role.PACKER)),
        (Role.OPERATOR, None),
    ]
    written = json.loads((tmp_path / "demo.json").read_text())["desk"]
    assert written["url"] == f"{URL}/desk"
    assert {tuple(person) for person in written["people"]} == {("email", "password", "role", "shop")}
    assert len({person["password"] for person in written["people"]}) == len(people)


async def test_only_the_passwords_that_no_longer_work_are_made_anew(stoa: Stoa, tmp_path: Path) -> None:
    before = await open_demo(stoa, tmp_path, URL)
    owner, packer, *_ = [person for person in await opened_by(stoa, before) if person]
    await stoa.service.people.set_password(owner.shop_id, owner.person_id, "of another password")
    await stoa.service.people.remove(packer.shop_id, packer.person_id)
    after = await open_demo(stoa, tmp_path, URL)

    assert None not in await opened_by(stoa, after)
    same = [old == new for old, new in zip(before.desk.people, after.desk.people, strict=True)]
    assert same == [False, False, True, True, True]


async def test_a_demo_from_before_the_desk_gets_people_and_keeps_the_rest(stoa: Stoa, tmp_path: Path) -> None:
    before = await open_demo(stoa, tmp_path, URL)
    file = tmp_path / "demo.json"
    written = json.loads(file.read_text())
    del written["desk"]
    file.write_text(json.dumps(written))
    after = await open_demo(stoa, tmp_path, URL)

    assert (after.operator, after.shops) == (before.operator, before.shops)
    assert None not in await opened_by(stoa, after)


async def test_what_is_no_demo_file_is_made_anew(stoa: Stoa, tmp_path: Path) -> None:
    beginning = '{"url": "", "operator": {"token": "nonsense"}, "shops": ['
    shops = ("", "7", '{"id": 1}', '{"id": 1, "name": "", "skroutz": "st_1_x"}')
    texts = ("", "{", "{}", "[]", *(f"{beginning}{shop}]}}" for shop in shops))
    for text in texts:
        (tmp_path / "demo.json").write_text(text)
        demo = await open_demo(stoa, tmp_path, URL)
        assert len(demo.shops) == len(SHOPS)
        assert DemoFile.read((tmp_path / "demo.json").read_bytes()) == demo


async def test_the_guide_has_the_credentials_and_three_lines_to_paste(stoa: Stoa, tmp_path: Path) -> None:
    demo = await open_demo(stoa, tmp_path, URL)
    text = guide(demo, "var/demo.json", SHOPS[0].locations[0].id)

    assert demo.operator.token in text
    for person in demo.desk.people:
        is_shown = person.shop in {None, demo.shops[0].id}
        assert (f"{person.email:28}  {person.password}\n" in text) is is_shown
    assert f"{URL}/desk\n" in text
    assert demo.shops[0].credentials["skroutz"]["token"] in text
    assert text.count("curl -s ") == 3
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert text.count("/merchants/ecommerce/orders/$CODE") == 2


async def test_the_guides_first_line_keeps_skroutzs_code_of_all_that_the_answer_has(
    stoa: Stoa, tmp_path: Path
) -> None:
    speaking = with_ledger(stoa)
    demo = await open_demo(speaking, tmp_path, URL)
    async with browsing(speaking, Authorization=f"Bearer {demo.operator.token}") as operator:
        answer = await operator.post(f"/operator/v1/shops/{demo.shops[0].id}/orders", json=a_body())
    codes = answer.json()["codes"]
    assert codes.keys() == {"merchantpro", "shopflix", "skroutz", "abacus"}

    line = next(line for line in guide(demo, "", "").splitlines() if line.startswith("  CODE="))

    assert pasted(line, answer) == f"{codes['skroutz']}\n"


def pasted(line: str, answer: httpx.Response) -> str:
    """What a shell prints where curl answers this, whatever it is asked."""
    curl = f"curl() {{ cat <<'END'\n{answer.text}\nEND\n}}\n"
    done = subprocess.run(["sh", "-ec", curl + line], capture_output=True, text=True, check=True)
    return done.stdout
