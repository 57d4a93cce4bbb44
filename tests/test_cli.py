"""The ``stoa`` command, as people and scripts use it beside a running server."""

import io
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import asyncpg
import httpx
import pytest
from msgspec import Struct

from stoa import cli
from stoa.dialects import load_dialects
from stoa.operator.examples import ORDER
from stoa.settings import ELSEWHERE, VARIABLES
from stoa.store.migrations import migrations
from stoa.store.shops import Shops
from tests.conftest import named
from tests.ledger import PACKAGE, Ledger, install
from tests.running import Server, command, data_folder, environment, serving, wait_until

ACCEPT = "application/vnd.skroutz+json; version=3.0"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with data_folder() as data, serving(data, "--demo") as running:
        yield running


class Said(Struct, frozen=True):
    """What a command printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


def typing(*arguments: object, text: str = "", settings: Mapping[str, str] = {}) -> Said:
    """The command in this process, where it need not load everything again."""
    out, errors, stdin = io.StringIO(), io.StringIO(), io.TextIOWrapper(io.BytesIO(text.encode()))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(errors):
        patch.setattr("sys.argv", ["stoa", *map(str, arguments)])
        patch.setattr("sys.stdin", stdin)
        patch.setattr(cli, "configure_logs", lambda _level: None)
        for name, value in settings.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main()
    status = ended.value.code
    assert isinstance(status, int | None)
    return Said(status or 0, out.getvalue(), errors.getvalue())


def asking(server: Server, *arguments: object, text: str = "") -> str:
    """What a command that succeeds prints."""
    done = typing(*arguments, "--data", server.data, text=text)
    assert done.returncode == 0, done.stderr
    return done.stdout


def asking_json(server: Server, *arguments: object, text: str = "") -> Any:
    return json.loads(asking(server, *arguments, "--json", text=text))


def sentence_of(done: Said | CompletedProcess[str]) -> str:
    """The one sentence of a command that could not do what it was asked."""
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("stoa: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("stoa: ").strip()


def refused(*arguments: object, **how: Any) -> str:
    return sentence_of(typing(*arguments, **how))


def diagnosed(*arguments: object, **how: Any) -> list[dict[str, Any]]:
    """What the doctor finds in an installation that is not well."""
    done = typing("doctor", "--json", *arguments, **how)
    assert (done.returncode, done.stderr) == (1, "")
    findings: list[dict[str, Any]] = json.loads(done.stdout)
    assert all(finding.keys() == {"what", "ok", "says"} for finding in findings)
    return findings


HELP = [
    ("serve", "--demo --host --port --data --workers --no-worker"),
    ("worker", "--data"),
    ("migrate", "--data --json"),
    ("doctor", "--data --json"),
    ("settings", ""),
    ("simulate", "--rate --duration"),
    ("shop create", "--data --json"),
    ("shop list", "--data --json"),
    ("person add", "--name --role --shop --data --json"),
    ("person list", "--shop --data --json"),
    ("person password", "--data --json"),
    ("person remove", "--data"),
    ("token create", "--shop --dialect --data --json"),
    ("token list", "--data --json"),
    ("token revoke", "--shop --dialect --number --data"),
    ("order place", "--shop --file --data --json"),
    ("order show", "--shop --data --json"),
    ("order list", "--shop --state --data --json"),
    ("webhook list", "--shop --dead --data --json"),
    ("webhook resend", "--shop --data"),
]


@pytest.mark.parametrize(("name", "options"), HELP)
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], name: str, options: str) -> None:
    cli.app([*name.split(), "--help"], result_action="return_value")

    said = capsys.readouterr().out
    assert said.startswith(f"Usage: stoa {name}")
    assert all(option in said for option in options.split())
    assert "--as-child" not in said


def test_help_needs_no_data_folder_and_succeeds(tmp_path: Path) -> None:
    done = command("--help")

    assert done.returncode == 0
    assert "Usage: stoa COMMAND" in done.stdout


def test_what_is_no_command_is_status_2() -> None:
    done = command("order", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    for arguments in (("dance",), ("serve", "--port", "many"), ("webhook", "resend", "x", "--shop", "1")):
        assert typing(*arguments).returncode == 2, arguments


def test_settings_are_listed_with_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    cli.settings()

    said = capsys.readouterr().out
    meanings = {name: meaning for name, *_, meaning in VARIABLES} | ELSEWHERE
    assert "STOA_POSTGRES_USER" in meanings
    for name, meaning in meanings.items():
        assert name in said
        assert meaning in said


def test_a_shop_is_created_and_listed_beside_the_others(server: Server) -> None:
    created = asking_json(server, "shop", "create", "Το βιβλιοπωλείο")

    listed = asking_json(server, "shop", "list")
    assert created["name"] == "Το βιβλιοπωλείο"
    assert [shop["id"] for shop in listed][-1] == created["id"]
    assert listed[0]["webhook_url"] == server.demo["shops"][0]["webhook_url"]
    assert f"{created['id']}  Το βιβλιοπωλείο  -" in asking(server, "shop", "list")


def test_a_token_is_printed_once_and_opens_the_running_server(server: Server) -> None:
    created = asking_json(server, "shop", "create", "Νέο")
    shop = asking(server, "token", "create", "--shop", created["id"], "--dialect", "skroutz").strip()
    printed = command("token", "create", "--dialect", "operator", "--data", server.data, "--json")
    operator = json.loads(printed.stdout)["token"]

    order = f"{server.url}/merchants/ecommerce/orders/DEMO-OPEN"
    headers = {"Authorization": f"Bearer {shop}", "Accept": ACCEPT}
    assert httpx.get(order, headers=headers).status_code == 200
    headers = {"Authorization": f"Bearer {operator}"}
    assert httpx.get(f"{server.url}/operator/v1/shops", headers=headers).status_code == 200


def test_credentials_of_several_parts_are_printed_line_by_line(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoa.app.load_dialects", lambda context: [*load_dialects(context), Ledger()])
    shop = asking_json(server, "shop", "create", "Νέο")["id"]
    asked = ("token", "create", "--shop", shop, "--dialect", "abacus")
    key, secret = asking(server, *asked).splitlines()
    in_json = asking_json(server, *asked)

    assert key == f"st_{shop}"
    assert len(secret) >= 43
    assert in_json == {"dialect": "abacus", "key": key, "secret": in_json["secret"]}
    assert in_json["secret"] != secret


def operator_status(server: Server, token: str) -> int:
    """How the running server answers to one of the operator's tokens."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.url}/operator/v1/shops", headers=headers).status_code


def test_a_token_of_the_operator_is_listed_and_void_once_it_is_revoked(server: Server) -> None:
    kept, lost = (asking_json(server, "token", "create", "--dialect", "operator")["token"] for _ in range(2))
    number = int(lost.split("_")[1])
    listed = [token["number"] for token in asking_json(server, "token", "list")]
    assert number in listed
    assert operator_status(server, lost) == 200

    said = asking(server, "token", "revoke", "--dialect", "operator", "--number", number)

    assert said == f"The operator token of number {number} is void.\n"
    assert (operator_status(server, lost), operator_status(server, kept)) == (401, 200)
    listed.remove(number)
    assert [token["number"] for token in asking_json(server, "token", "list")] == listed


def test_a_shops_token_is_listed_and_void_once_it_is_revoked(server: Server) -> None:
    shop = asking_json(server, "shop", "create", "Νέο")["id"]
    token = asking(server, "token", "create", "--shop", shop, "--dialect", "skroutz").strip()
    order = f"{server.url}/merchants/ecommerce/orders/DEMO-OPEN"
    headers = {"Authorization": f"Bearer {token}", "Accept": ACCEPT}
    (listed,) = (known for known in asking_json(server, "token", "list") if known["shop_id"] == shop)
    assert (listed["dialect"], listed["number"]) == ("skroutz", None)
    assert httpx.get(order, headers=headers).status_code == 200

    asking(server, "token", "revoke", "--shop", shop, "--dialect", "skroutz")

    assert httpx.get(order, headers=headers).status_code == 401
    assert shop not in {known["shop_id"] for known in asking_json(server, "token", "list")}


def test_listed_tokens_never_show_a_secret(server: Server) -> None:
    issued = [server.demo["operator"]["token"], *(shop["skroutz"]["token"] for shop in server.demo["shops"])]

    said = asking(server, "token", "list") + asking(server, "token", "list", "--json")

    assert f"shop {server.demo['shops'][0]['id']}" in said
    assert not any(token.split("_", 2)[2] in said for token in issued)


def test_a_token_that_is_not_there_cannot_be_revoked(server: Server) -> None:
    shop, at = server.demo["shops"][0]["id"], ("--data", server.data)
    for whose in (
        ("--dialect", "latin", "--shop", shop),
        ("--dialect", "skroutz", "--shop", 999),
        ("--dialect", "skroutz", "--shop", 0),
        ("--dialect", "operator", "--number", 999),
        ("--dialect", "operator", "--number", 2**63),
    ):
        assert refused("token", "revoke", *whose, *at).startswith(f"There is no {whose[1]} token of ")


def test_what_is_revoked_is_named_in_one_way_only(tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data")
    for whose in ((), ("--shop", 1), ("--shop", 1, "--number", 1)):
        sentence = refused("token", "revoke", "--dialect", "operator", *whose, *at)
        assert sentence.startswith("--number alone says which operator token is meant")
    for whose in ((), ("--number", 1), ("--shop", 1, "--number", 1)):
        sentence = refused("token", "revoke", "--dialect", "skroutz", *whose, *at)
        assert sentence.startswith("--shop alone says which skroutz token is meant")


def test_an_order_is_placed_shown_and_listed(server: Server) -> None:
    shop = asking_json(server, "shop", "create", "Νέο")["id"]
    made_up = asking_json(server, "order", "place", "--shop", shop)
    given = asking_json(server, "order", "place", "--shop", shop, "--file", "-", text=json.dumps(ORDER))

    by_number = asking_json(server, "order", "show", given["id"], "--shop", shop)
    by_code = json.loads(asking(server, "order", "show", given["codes"]["skroutz"], "--shop", shop))
    assert by_number == by_code
    assert by_number["customer"]["last_name"] == ORDER["customer"]["last_name"]  # type: ignore[index]
    listed = asking_json(server, "order", "list", "--shop", shop, "--state", "open")
    assert [order["id"] for order in listed] == [given["id"], made_up["id"]]
    assert asking(server, "order", "list", "--shop", shop, "--state", "partially_delivered").strip() == ""


def test_a_placed_order_is_told_by_the_running_server_and_can_be_resent(server: Server) -> None:
    shop = server.demo["shops"][0]["id"]
    # One that is made up may be the warehouse's, which is accepted by itself, and told of that too.
    placed = asking_json(server, "order", "place", "--shop", shop, "--file", "-", text=json.dumps(ORDER))
    inbox = f"{server.url}/demo/inbox?order={placed['codes']['skroutz']}"
    wait_until(lambda: httpx.get(inbox).json()["items"])

    listed = asking_json(server, "webhook", "list", "--shop", shop)
    (delivery,) = (item for item in listed if item["order_id"] == placed["id"])
    asking(server, "webhook", "resend", delivery["id"], "--shop", shop)

    wait_until(lambda: len(httpx.get(inbox).json()["items"]) == 2)
    first, second = httpx.get(inbox).json()["items"]
    assert first["body"] == second["body"]
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert asking(server, "webhook", "list", "--shop", shop, "--dead").strip() == ""


def test_the_doctor_finds_the_demo_well(server: Server) -> None:
    findings = asking_json(server, "doctor")

    checked = ["database", "migrations", "files", "dialects", "clock"]
    assert [finding["what"] for finding in findings[: len(checked)]] == checked
    assert findings[3]["says"] == "merchantpro, shopflix, skroutz"
    # Each shop is told of its orders and of its returns.
    assert len(findings) == len(checked) + 2 * len(server.demo["shops"])
    assert all(finding["ok"] for finding in findings), findings


def test_the_doctor_names_a_webhook_that_does_not_answer(server: Server) -> None:
    created = asking_json(server, "shop", "create", "Άτυχο")
    with server.operator() as operator:
        at = f"/operator/v1/shops/{created['id']}/webhook"
        assert operator.put(at, json={"url": "http://127.0.0.1:9/hook"}).status_code == 200
        done = typing("doctor", "--data", server.data)
        operator.delete(at)

    assert done.returncode == 1
    (bad,) = (line for line in done.stdout.splitlines() if line.startswith("BAD"))
    assert f"shop {created['id']}" in bad
    assert "is the shop's server up?" in bad


def test_what_cannot_be_done_is_one_sentence(server: Server, tmp_path: Path) -> None:
    shop, at = server.demo["shops"][0]["id"], ("--data", server.data)
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(ORDER | {"fulfilment": "pigeon"}))
    sentences = {
        "There is no shop 999": refused("order", "list", "--shop", "999", *at),
        f"Shop {shop} has no order 5": refused("order", "show", "5", "--shop", shop, *at),
        f"Shop {shop} has no delivery 999": refused("webhook", "resend", "999", "--shop", shop, *at),
        "--dialect must be one of merchantpro, shopflix, skroutz, operator.": refused(
            "token", "create", "--dialect", "latin", "--shop", shop, *at
        ),
        "--shop is needed": refused("token", "create", "--dialect", "skroutz", *at),
        "fulfilment: ": refused("order", "place", "--shop", shop, "--file", wrong, *at),
        "name: ": refused("shop", "create", "", *at),
    }

    for beginning, sentence in sentences.items():
        assert sentence.startswith(beginning)


def test_what_is_no_order_is_refused_before_the_database_is_asked(tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data")
    assert "cannot be read" in refused("order", "place", "--shop", "1", "--file", "/nowhere", *at)
    assert "not valid JSON" in refused("order", "place", "--shop", "1", "--file", "-", *at, text="{")
    assert not (tmp_path / "data").exists()


def test_what_is_no_number_is_no_order(server: Server) -> None:
    shop = server.demo["shops"][0]["id"]
    for order in ("9" * 5000, "0" * 5000, "1.0", "260303-x", "δύο", "9" * 19):
        assert "has no order" in refused("order", "show", order, "--shop", shop, "--data", server.data)


def test_a_code_that_does_not_fit_the_order_does_not_show_it(server: Server) -> None:
    shop = server.demo["shops"][0]["id"]
    placed = asking_json(server, "order", "place", "--shop", shop)

    for code in (f"000101-{placed['id']}", f"x-{placed['id']}"):
        sentence = refused("order", "show", code, "--shop", shop, "--data", server.data)
        assert sentence == f"Shop {shop} has no order {code}."


def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    settings = {"STOA_LOG_LEVEL": "loud"}
    done = command("serve", "--data", tmp_path / "data", settings=settings)

    assert sentence_of(done) == "STOA_LOG_LEVEL must be one of debug, info, warning, error."
    for name in ("STOA_DATABASE_URL", "STOA_SECRET_KEY", "STOA_WEBHOOK_RETRIES", "STOA_COLOUR"):
        sentence = refused("migrate", "--data", tmp_path / "data", settings={name: "wrong"})
        assert sentence.startswith(f"{name} ")
        (finding,) = diagnosed("--data", tmp_path / "data", settings={name: "wrong"})
        assert finding == {"what": "settings", "ok": False, "says": sentence}
    assert not (tmp_path / "data").exists()


def test_ports_and_workers_beyond_reason_are_one_sentence(tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data")
    assert refused("serve", "--port", "65536", *at) == "--port must be from 0 to 65535."
    assert refused("serve", "--port=-1", *at) == "--port must be from 0 to 65535."
    assert refused("serve", "--workers", "0", *at) == "--workers must be from 1 to 32."


def test_lists_beyond_reason_are_one_sentence(tmp_path: Path) -> None:
    for group, limit in itertools.product(("order", "webhook"), (-3, 0, 10_001)):
        sentence = refused(group, "list", "--shop", 1, f"--limit={limit}", "--data", tmp_path / "data")
        assert sentence == "--limit must be from 1 to 10000."


def elsewhere(database_url: str, folder: Path) -> dict[str, str]:
    """The settings of an installation that keeps nothing in the data folder."""
    return {
        "STOA_DATABASE_URL": database_url,
        "STOA_SECRET_KEY": "k" * 32,
        "STOA_BLOB_URL": f"file://{folder}/blobs",
    }


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    settings = elsewhere("postgresql://stoa:hunter2@127.0.0.1:1/stoa", tmp_path)
    sentence = refused("shop", "list", "--data", tmp_path / "data", settings=settings)

    assert sentence.startswith("PostgreSQL does not answer at STOA_DATABASE_URL")
    assert "hunter2" not in sentence
    assert diagnosed("--data", tmp_path / "data", settings=settings) == [
        {"what": "database", "ok": False, "says": sentence}
    ]


def test_what_the_doctor_finds_is_told_as_text_too(tmp_path: Path) -> None:
    done = typing("doctor", "--data", tmp_path / "data")

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("BAD  data folder: There is no installation in ")
    assert done.stdout.count("\n") == 1


def test_a_database_that_does_not_start_is_found_by_the_doctor(tmp_path: Path) -> None:
    for name in ("files", "postgres"):
        (tmp_path / name).mkdir()
    (tmp_path / "postgres" / "door.lock").mkdir()

    (finding,) = diagnosed("--data", tmp_path, settings={"STOA_SECRET_KEY": "k" * 32})

    assert (finding["what"], finding["ok"]) == ("database", False)
    assert finding["says"].startswith("The service's own PostgreSQL cannot run in ")


def test_a_database_that_is_stopped_meanwhile_is_found_by_the_doctor(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_asked: object) -> None:
        raise asyncpg.AdminShutdownError("terminating connection due to administrator command")

    monkeypatch.setattr(Shops, "endpoints", lost)

    *_, last = diagnosed("--data", server.data)
    assert (last["what"], last["ok"]) == ("database", False)
    assert last["says"].endswith("run the command again.")


def test_files_that_cannot_be_kept_are_one_sentence(server: Server) -> None:
    settings = {"STOA_BLOB_URL": "file:///proc/nowhere"}
    sentence = refused("shop", "list", "--data", server.data, settings=settings)

    assert sentence.startswith("STOA_BLOB_URL names a folder that cannot be used")
    findings = diagnosed("--data", server.data, settings=settings)
    assert [finding["what"] for finding in findings] == ["database", "migrations", "files"]
    assert (findings[-1]["ok"], findings[-1]["says"]) == (False, sentence)


def test_another_secret_key_than_the_first_is_refused(server: Server) -> None:
    settings = {"STOA_SECRET_KEY": "k" * 32}
    sentence = refused("shop", "list", "--data", server.data, settings=settings)

    assert sentence.startswith("STOA_SECRET_KEY is not the one that this database was begun with")
    *well, bad = diagnosed("--data", server.data, settings=settings)
    assert all(finding["ok"] for finding in well)
    assert (bad["what"], bad["says"]) == ("secret key", sentence)


@pytest.fixture
def unusable(tmp_path: Path) -> dict[str, str]:
    """Settings under which Python finds a dialect that cannot be imported."""
    return beside(install(tmp_path, "abacus = nowhere:dialect"))


def beside(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{folder}{os.pathsep}{environment()['PYTHONPATH']}"}


@pytest.mark.parametrize("what", ["serve", "worker"])
def test_a_dialect_that_cannot_be_loaded_stops_the_start_with_one_sentence(
    tmp_path: Path, unusable: dict[str, str], what: str
) -> None:
    # It is found before a database is asked.
    settings = elsewhere("postgresql://127.0.0.1:1/stoa", tmp_path) | unusable

    sentence = sentence_of(command(what, "--data", tmp_path / "data", settings=settings))

    assert sentence.startswith(
        f"The dialect abacus (nowhere:dialect) of the package {PACKAGE} cannot be used"
    )
    assert sentence.endswith(f"or remove it with `pip uninstall {PACKAGE}`.")


def test_a_dialect_that_cannot_be_loaded_is_found_by_the_doctor(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path, "abacus = nowhere:dialect"))

    *well, bad = diagnosed("--data", tmp_path / "data", settings=elsewhere(database_url, tmp_path))

    assert [finding["what"] for finding in well] == ["database", "migrations", "files"]
    assert (bad["what"], bad["ok"]) == ("dialects", False)
    assert bad["says"].startswith(f"The dialect abacus (nowhere:dialect) of the package {PACKAGE} ")


def test_help_names_every_dialect_that_is_installed(unusable: dict[str, str]) -> None:
    said = command("token", "create", "--help", settings=unusable).stdout

    words = " ".join(said.replace("│", " ").split())
    assert "merchantpro, shopflix, skroutz, abacus, or operator for the operator's own API." in words


NEEDS_AN_INSTALLATION = (
    "worker",
    "shop list",
    "token list",
    "token create --dialect skroutz --shop 1",
    "token revoke --dialect operator --number 1",
    "order place --shop 1",
    "order show 1 --shop 1",
    "order list --shop 1",
    "webhook list --shop 1",
    "webhook resend 1 --shop 1",
)


@pytest.mark.parametrize("line", NEEDS_AN_INSTALLATION)
@pytest.mark.parametrize("settings", [{}, {"STOA_DATABASE_URL": "postgresql://127.0.0.1:1/stoa"}])
def test_a_mistyped_data_folder_is_one_sentence_and_is_not_made(
    tmp_path: Path, line: str, settings: dict[str, str]
) -> None:
    sentence = refused(*line.split(), "--data", tmp_path / "vra", settings=settings)

    assert sentence == (
        f"There is no installation in {tmp_path / 'vra'}: "
        "name another folder with --data, or start one with `stoa serve`."
    )
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_makes_nothing_in_a_folder_without_an_installation(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "vra"):
        (finding,) = diagnosed("--data", folder)
        assert (finding["what"], finding["ok"]) == ("data folder", False)
        assert finding["says"].startswith(f"There is no installation in {folder}: ")
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_was_forgotten_is_named_and_no_new_key_is_made(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    settings = {"STOA_DATABASE_URL": "postgresql://127.0.0.1:1/stoa"}

    sentence = refused("order", "list", "--shop", "1", "--data", tmp_path, settings=settings)

    assert sentence.startswith(f"The installation in {tmp_path} has no secret.key: set STOA_SECRET_KEY as ")
    assert [file.name for file in tmp_path.iterdir()] == ["files"]


def test_an_installation_that_keeps_everything_elsewhere_needs_no_folder(
    database_url: str, tmp_path: Path
) -> None:
    settings = elsewhere(database_url, tmp_path)
    at = ("--data", tmp_path / "data")

    done = typing("shop", "list", "--json", *at, settings=settings)
    examined = typing("doctor", "--json", *at, settings=settings)

    assert (done.stdout, done.returncode) == ("[]\n", 0)
    assert [finding["ok"] for finding in json.loads(examined.stdout)] == [True] * 5
    assert not (tmp_path / "data").exists()


def test_a_database_without_the_schema_is_not_given_one_by_a_look_at_it(
    postgres: str, tmp_path: Path
) -> None:
    settings = elsewhere(named(postgres, "postgres"), tmp_path)
    missing = ", ".join(migration.name for migration in migrations())
    for _ in range(2):
        sentence = refused("shop", "list", "--data", tmp_path / "data", settings=settings)
        assert sentence == f"The database lacks {missing}: run `stoa migrate`, or start `stoa serve`."


def test_an_installation_may_begin_with_its_first_shop() -> None:
    with data_folder() as data:
        assert typing("shop", "create", "Πρώτο", "--data", data).returncode == 0

        assert [
            shop["name"] for shop in json.loads(typing("shop", "list", "--json", "--data", data).stdout)
        ] == ["Πρώτο"]


def test_a_database_that_is_stopped_meanwhile_is_one_sentence(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_asked: object, **_how: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    monkeypatch.setattr(Shops, "page", lost)

    sentence = refused("shop", "list", "--data", server.data)
    assert sentence == "The database was stopped in the middle of this: run the command again."


def test_migrations_have_nothing_to_do_beside_a_server(server: Server) -> None:
    assert asking_json(server, "migrate") == {"applied": []}
    assert asking(server, "migrate") == "Nothing to do.\n"
