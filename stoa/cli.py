"""The ``stoa`` command."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import uvloop
from cyclopts import App, Parameter

from stoa import doctor as checks
from stoa.app import Complete, Stoa, open_stoa
from stoa.data_folder import DataFolder
from stoa.desk.accounts import Accounts, named
from stoa.desk.passwords import Passwords
from stoa.dialects import dialect_names
from stoa.logs import configure_logs
from stoa.operator.requests import OrderBody, ShopBody
from stoa.operator.view import order_view, shop_view
from stoa.orders.order import State
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.processes import end_with_parent
from stoa.settings import ELSEWHERE, VARIABLES, read_settings
from stoa.simulator.orders import believable_order
from stoa.simulator.run import CannotSimulate, Simulation, read_rate, simulate, told
from stoa.store.orders import ChannelRefTaken
from stoa.store.people import EmailTaken, Person, Role
from stoa.store.shops import IssuedToken
from stoa.store.warehouse import Audit, StockFault
from stoa.web.bodies import JsonReader, check_text
from stoa.web.faults import Fault
from stoa.web.queries import BIGGEST

app = App(name="stoa", help="One order engine that speaks the merchant APIs of the marketplaces.")
shop_app = App(name="shop", help="The shops that sell on your marketplace.")
token_app = App(name="token", help="Credentials for the APIs.")
order_app = App(name="order", help="Place orders and look at them.")
webhook_app = App(name="webhook", help="What the shops were told.")
stock_app = App(name="stock", help="What lies in the marketplace's warehouse.")
person_app = App(name="person", help="Who may sign in to the desk.")
for group in (shop_app, token_app, order_app, webhook_app, stock_app, person_app):
    app.command(group)

Data = Annotated[Path, Parameter(help="The data folder: database, files, keys.", env_var=())]
Json = Annotated[bool, Parameter(help="Print JSON, for other programs.", negative="")]
ShopNumber = Annotated[int, Parameter(name="--shop", help="The shop's number.")]
VAR = Path("var")

OPERATOR = "operator"
"""What ``--dialect`` says for the operator's own API."""

MOST_LISTED = 10_000

COULD_NOT = 1
"""Exit status of a command that could not do what it was asked; 2 is a command that was not understood."""


class GiveUp(Exception):
    """A command could not do what it was asked; the message says why."""


SAYS_IT_ALL: tuple[type[Exception], ...] = (*checks.SAYS_IT_ALL, CannotSimulate, GiveUp)
"""Exceptions whose message is a sentence for the one who typed the command."""


TERMINATED = 128 + signal.SIGTERM
"""The exit status that a shell expects of a command that was asked to end."""


def main() -> None:
    # A database that was started is stopped on the way out, however early the request to end comes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        app(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except SAYS_IT_ALL as fault:
        fail(str(fault))
    except checks.DATABASE_LOST:
        fail(checks.SAID_OF_LOSS)
    except Fault as fault:
        fail(f"{fault.field}: {fault.message}" if fault.field else fault.message)


def fail(sentence: str) -> NoReturn:
    print(f"stoa: {sentence}", file=sys.stderr)
    sys.exit(COULD_NOT)


@app.command
def serve(
    *,
    demo: Annotated[
        bool, Parameter(help="With demo shops, their receiver and a simulator.", negative="")
    ] = False,
    host: Annotated[str, Parameter(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="The port to listen at; 0 takes a free one.")] = 8000,
    data: Data = VAR,
    workers: Annotated[int, Parameter(help="How many processes answer requests.")] = 1,
    worker: Annotated[bool, Parameter(negative="--no-worker", help="Also do the background work.")] = True,
) -> None:
    """Answer requests, and do the background work too.

    Prints one line, "ready: http://HOST:PORT", when it accepts connections. Ctrl-C stops everything.
    """
    # Only this command needs the web server, and the others should start quickly.
    from stoa import serving  # noqa: PLC0415

    check_range("--port", port, 0, 65535)
    check_range("--workers", workers, 1, 32)
    asked = serving.Serve(data=data, host=host, port=port, workers=workers, worker=worker, demo=demo)
    try:
        serving.serve(asked)
    except serving.PortTaken as taken:
        raise GiveUp(str(taken)) from taken


def check_range(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise GiveUp(f"{option} must be from {least} to {most}.")


@app.command
def worker(
    *,
    data: Data = VAR,
) -> None:
    """Do background work: webhooks, deadlines, vouchers. Run as many of these as you like."""
    from stoa import serving  # noqa: PLC0415 - see serve

    settings = read_settings()
    configure_logs(settings.log_level)
    end_with_parent()
    with DataFolder(data).complete(settings, begin=False) as complete:
        uvloop.run(serving.run_worker(complete))


@app.command
def migrate(*, data: Data = VAR, json: Json = False) -> None:
    """Bring the database's schema up to date. ``serve`` does this too."""
    missing: list[str] = []
    with _complete(data, begin=True) as complete:
        missing = asyncio.run(checks.migrations_of(complete))
    show({"applied": missing}, json, "\n".join(missing) or "Nothing to do.")


@app.command
def doctor(*, data: Data = VAR, json: Json = False) -> None:
    """Check the database, its schema, the file store, the dialects, the clock and the shops' webhooks; say what to do."""
    configure_logs("error")
    findings = checks.examine(data)
    lines = [f"{'ok ' if finding.ok else 'BAD'}  {finding.what}: {finding.says}" for finding in findings]
    show([msgspec.to_builtins(finding) for finding in findings], json, "\n".join(lines))
    if not all(finding.ok for finding in findings):
        sys.exit(COULD_NOT)


@app.command
def settings() -> None:
    """List the settings: environment variables, each with what it is for."""
    meanings = {name: meaning for name, *_, meaning in VARIABLES} | ELSEWHERE
    for name, meaning in meanings.items():
        print(f"{name:30} {meaning}")


@shop_app.command(name="create")
def shop_create(
    name: Annotated[str, Parameter(help="The shop's name.")], *, data: Data = VAR, json: Json = False
) -> None:
    """Create a shop. Its terms are set through the operator's API."""
    body = JsonReader(ShopBody).read(msgspec.json.encode({"name": name}))

    async def create(stoa: Stoa) -> Shop:
        return await stoa.service.shops.add(body.shop(), stoa.service.clock())

    shop = run(data, create, begin=True)
    show(shop_view(shop), json, f"Shop {shop.id}, {shop.name}")


@shop_app.command(name="list")
def shop_list(*, data: Data = VAR, json: Json = False) -> None:
    """List the shops."""

    async def listed(stoa: Stoa) -> list[Any]:
        return await stoa.service.shops.page(after=0, limit=MOST_LISTED, kind=stoa.webhook_kind)

    shops = run(data, listed)
    lines = [f"{shop.shop.id:>6}  {shop.shop.name}  {shop.webhook_url or '-'}" for shop in shops]
    show([shop_view(shop.shop) | {"webhook_url": shop.webhook_url} for shop in shops], json, "\n".join(lines))


@token_app.command(name="create")
def token_create(
    *,
    dialect: Annotated[
        str, Parameter(help=f"{', '.join(dialect_names())}, or {OPERATOR} for the operator's own API.")
    ],
    shop: Annotated[int | None, Parameter(help="The shop's number; none for the operator.")] = None,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """Issue a token and print it, once: only its hash is kept. A shop's token before it is void at once."""

    async def issue(stoa: Stoa) -> Mapping[str, str]:
        now = stoa.service.clock()
        if dialect == OPERATOR:
            if shop is not None:
                raise GiveUp("The operator's token opens every shop: leave --shop out if that is meant.")
            return {"token": str(await stoa.service.shops.issue_to_operator(now))}
        by_name = {known.name: known for known in stoa.dialects}
        if dialect not in by_name:
            raise GiveUp(f"--dialect must be one of {', '.join([*by_name, OPERATOR])}.")
        found = await _shop(stoa, shop)
        return by_name[dialect].credentials(await stoa.service.shops.issue(found.id, dialect, now))

    credentials = run(data, issue, begin=dialect == OPERATOR)
    show({"dialect": dialect, **credentials}, json, "\n".join(credentials.values()))


@token_app.command(name="list")
def token_list(*, data: Data = VAR, json: Json = False) -> None:
    """List the tokens that are in force: whose they are and when they were issued, never the secrets."""

    async def listed(stoa: Stoa) -> list[IssuedToken]:
        return await stoa.service.shops.tokens()

    tokens = [msgspec.to_builtins(token) for token in run(data, listed)]
    lines = [f"{token['dialect']:14} {_holder(token):14} {token['created_at']}" for token in tokens]
    show(tokens, json, "\n".join(lines))


def _holder(token: Mapping[str, object]) -> str:
    return f"number {token['number']}" if token["shop_id"] is None else f"shop {token['shop_id']}"


@token_app.command(name="revoke")
def token_revoke(
    *,
    dialect: Annotated[str, Parameter(help="The token's dialect, or operator for one of the operator's.")],
    shop: Annotated[int | None, Parameter(help="The shop's number.")] = None,
    number: Annotated[int | None, Parameter(help="The number of the operator's token.")] = None,
    data: Data = VAR,
) -> None:
    """Make a token void at once. `stoa token list` shows them."""
    option, holder, other = ("--number", number, shop) if dialect == OPERATOR else ("--shop", shop, number)
    if holder is None or other is not None:
        raise GiveUp(f"{option} alone says which {dialect} token is meant: `stoa token list` shows them.")

    async def revoke(stoa: Stoa) -> bool:
        if not 1 <= holder <= BIGGEST:
            return False
        if dialect == OPERATOR:
            return await stoa.service.shops.revoke_of_operator(holder)
        return await stoa.service.shops.revoke(holder, dialect)

    which = f"{dialect} token of {option.strip('-')} {holder}"
    if not run(data, revoke):
        raise GiveUp(f"There is no {which}; `stoa token list` shows those in force.")
    print(f"The {which} is void.")


async def _shop(stoa: Stoa, number: int | None) -> Shop:
    if number is None:
        raise GiveUp("--shop is needed: `stoa shop list` shows their numbers.")
    found = await stoa.service.shops.read(number) if 1 <= number <= BIGGEST else None
    if found is None:
        raise GiveUp(f"There is no shop {number}; `stoa shop list` shows them.")
    return found


@order_app.command(name="place")
def order_place(
    *,
    shop: ShopNumber,
    file: Annotated[
        Path | None,
        Parameter(
            help="The order as JSON, as the operator's API takes it; - is standard input.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """Place an order as a customer would: the one in the file, or one that is made up."""
    placement = JsonReader(OrderBody).read(_order_json(file)).placement()

    async def place(stoa: Stoa) -> dict[str, object]:
        found = await _shop(stoa, shop)
        number = await stoa.service.orders.next_number()
        try:
            order = await stoa.service.engine.place(placement, shop=found, number=number)
        except ChannelRefTaken as taken:
            raise GiveUp("The shop already has an order with this channel and reference.") from taken
        if isinstance(order, Refused):
            raise GiveUp(order.message)
        return {"id": order.id, "codes": stoa.codes(order, found)}

    placed = run(data, place)
    show(placed, json, f"Order {placed['id']}, {_said(placed['codes'])}")


def _said(codes: dict[str, str]) -> str:
    return ", ".join(f"{dialect} {code}" for dialect, code in codes.items())


def _order_json(file: Path | None) -> bytes:
    if file is None:
        return msgspec.json.encode(believable_order())
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as fault:
        raise GiveUp(f"{file} cannot be read ({fault.strerror}).") from fault


@order_app.command(name="show")
def order_show(
    order: Annotated[str, Parameter(help="The order's number, or its Skroutz code.")],
    *,
    shop: ShopNumber,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """Show an order."""
    number = order.rsplit("-", 1)[-1]

    async def read(stoa: Stoa) -> dict[str, object]:
        found = await _shop(stoa, shop)
        stored = await stoa.service.orders.read(shop, int(number)) if is_order_number(number) else None
        if stored is None or order not in {number, *stoa.codes(stored.order, found).values()}:
            raise GiveUp(f"Shop {shop} has no order {order}.")
        return order_view(stored.order, found, stoa.codes)

    view = run(data, read)
    show(view, json, msgspec.json.format(msgspec.json.encode(view)).decode())


def is_order_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(BIGGEST)) and int(text) <= BIGGEST


@order_app.command(name="list")
def order_list(
    *,
    shop: ShopNumber,
    state: Annotated[State | None, Parameter(help="Only orders in this state.")] = None,
    limit: Annotated[int, Parameter(help="How many, the newest first.")] = 20,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """List a shop's orders, newest first."""
    check_range("--limit", limit, 1, MOST_LISTED)

    async def read(stoa: Stoa) -> list[dict[str, object]]:
        found = await _shop(stoa, shop)
        orders = await stoa.service.orders.page(shop, before=BIGGEST, limit=limit, state=state)
        return [order_view(order, found, stoa.codes) for order in orders]

    views = run(data, read)
    show(views, json, "\n".join(f"{view['id']}  {view['state']:20} {view['placed_at']}" for view in views))


@webhook_app.command(name="list")
def webhook_list(
    *,
    shop: ShopNumber,
    dead: Annotated[bool, Parameter(help="Only those that were given up.", negative="")] = False,
    limit: Annotated[int, Parameter(help="How many, the newest first.")] = 20,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """List what a shop was told, newest first, with what came of each attempt."""
    check_range("--limit", limit, 1, MOST_LISTED)

    async def read(stoa: Stoa) -> list[Any]:
        await _shop(stoa, shop)
        return await stoa.service.deliveries.page(shop, None, limit, "dead" if dead else None)

    deliveries = run(data, read)
    lines = [
        f"{delivery.id:>8}  {delivery.state:10} {delivery.event_type:14} order {delivery.order_id or 'demo'}  "
        + ", ".join(str(attempt.status or attempt.error) for attempt in delivery.attempts)
        for delivery in deliveries
    ]
    show([msgspec.to_builtins(delivery) for delivery in deliveries], json, "\n".join(lines))


@webhook_app.command(name="resend")
def webhook_resend(
    delivery: Annotated[int, Parameter(help="The delivery's number, see `stoa webhook list`.")],
    *,
    shop: ShopNumber,
    data: Data = VAR,
) -> None:
    """Send a webhook again, with the same bytes."""

    async def resend(stoa: Stoa) -> None:
        known = 1 <= delivery <= BIGGEST and 1 <= shop <= BIGGEST
        if not known or not await stoa.service.deliveries.resend(shop, delivery, stoa.service.clock()):
            raise GiveUp(f"Shop {shop} has no delivery {delivery}.")
        stoa.service.bell.ring(shop)

    run(data, resend)
    print(f"Delivery {delivery} is due again; a running worker sends it.")


@stock_app.command(name="audit")
def stock_audit(*, data: Data = VAR, json: Json = False) -> None:
    """Hold every product in the warehouse against the ledger, and against the orders that pieces are kept for."""

    async def read(stoa: Stoa) -> Audit:
        return await stoa.service.warehouse.audit()

    audit = run(data, read)
    faults = [msgspec.to_builtins(fault) for fault in audit.faults]
    verdict = f"Of {len(faults)} the books disagree." if faults else "The books agree."
    lines = [*map(_disagreement, audit.faults), f"Products: {audit.products}. {verdict}"]
    show({"products": audit.products, "faults": faults}, json, "\n".join(lines))
    if faults:
        sys.exit(COULD_NOT)


def _disagreement(fault: StockFault) -> str:
    said = []
    if fault.quantity != fault.moved:
        said.append(f"{fault.quantity} pieces, but its movements add up to {fault.moved}")
    if fault.reserved != fault.kept:
        said.append(f"{fault.reserved} pieces reserved, but orders keep {fault.kept}")
    return f"shop {fault.shop_id}, product {fault.product_id} ({fault.shop_uid}): {'; '.join(said)}"


Email = Annotated[str, Parameter(help="The e-mail address that the person signs in with.")]


@person_app.command(name="add")
def person_add(
    email: Email,
    *,
    name: Annotated[str, Parameter(help="What the others call the person.")],
    role: Annotated[
        Role, Parameter(help="An owner sees all of a shop, a packer its orders, an operator all shops.")
    ],
    shop: Annotated[int | None, Parameter(help="The shop's number; none for an operator.")] = None,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """Let somebody sign in to the desk. The password is printed once: the person changes it there."""
    who = named(email, name)
    if (role is Role.OPERATOR) != (shop is None):
        raise GiveUp("An operator has no shop, everybody else has one: `stoa shop list` shows their numbers.")

    async def add(stoa: Stoa) -> tuple[Person, str]:
        service = stoa.service
        shop_id = None if shop is None else (await _shop(stoa, shop)).id
        try:
            return await Accounts(service.people, Passwords()).add(
                who, shop_id=shop_id, role=role, now=service.clock()
            )
        except EmailTaken as taken:
            raise GiveUp(f"Somebody has the address {who.email} already.") from taken

    person, password = run(data, add, begin=role is Role.OPERATOR)
    show(_person_view(person) | {"password": password}, json, password)


@person_app.command(name="list")
def person_list(
    *,
    shop: Annotated[int | None, Parameter(help="Only the people of this shop.")] = None,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """List who may sign in to the desk, the operators first."""

    async def listed(stoa: Stoa) -> list[Person]:
        people = stoa.service.people
        if shop is None:
            return await people.everybody(MOST_LISTED)
        return await people.of_shop((await _shop(stoa, shop)).id)

    people = run(data, listed)
    lines = [f"{person.role:10} {_workplace(person):10} {person.email}  {person.name}" for person in people]
    show([_person_view(person) for person in people], json, "\n".join(lines))


def _person_view(person: Person) -> dict[str, object]:
    return {
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "shop_id": person.shop_id,
        "language": person.language,
    }


def _workplace(person: Person) -> str:
    return "all shops" if person.shop_id is None else f"shop {person.shop_id}"


@person_app.command(name="password")
def person_password(email: Email, *, data: Data = VAR, json: Json = False) -> None:
    """Give somebody a new password and print it, once. Whoever is signed in with the old one is out."""

    async def renew(stoa: Stoa) -> str:
        person = await _person(stoa, email)
        renewed = await Accounts(stoa.service.people, Passwords()).renew_password(
            person.shop_id, person.person_id
        )
        return renewed or _nobody(email)

    password = run(data, renew)
    show({"email": email, "password": password}, json, password)


@person_app.command(name="remove")
def person_remove(email: Email, *, data: Data = VAR) -> None:
    """Let somebody sign in no more; a session that is open ends at once. What the person did stays in the history."""

    async def remove(stoa: Stoa) -> None:
        person = await _person(stoa, email)
        await stoa.service.people.remove(person.shop_id, person.person_id)

    run(data, remove)
    print(f"{email} can sign in no more.")


async def _person(stoa: Stoa, email: str) -> Person:
    known = await stoa.service.people.by_email(check_text("email", email))
    return known[0] if known else _nobody(email)


def _nobody(email: str) -> NoReturn:
    raise GiveUp(f"Nobody has the address {email}; `stoa person list` shows everybody's.")


@app.command(name="simulate")
def simulate_command(
    *,
    rate: Annotated[str, Parameter(help="New orders, such as 2/s or 10/m.")] = "1/s",
    duration: Annotated[float | None, Parameter(help="Seconds; without it, until Ctrl-C.")] = None,
    shop_number: Annotated[int, Parameter(help="Which of the demo's shops, counted from 1.")] = 1,
    url: Annotated[str | None, Parameter(help="The server; without it, the demo's.")] = None,
    data: Data = VAR,
    json: Json = False,
) -> None:
    """Be the customers, the merchant and the couriers of a running demo server."""
    configure_logs("warning")
    end_with_parent()
    try:
        simulation = Simulation.of_demo(data, shop_number=shop_number, url=url, per_second=read_rate(rate))
    except ValueError as fault:
        raise GiveUp(str(fault)) from fault
    tally = asyncio.run(simulate(simulation, duration))
    show(tally, json, told(tally))


def _complete(data: Path, *, begin: bool) -> AbstractContextManager[Complete]:
    configure_logs("error")
    return DataFolder(data).complete(read_settings(), begin=begin)


def run(data: Path, job: Callable[[Stoa], Awaitable[Any]], *, begin: bool = False) -> Any:
    """Do a job on the service of a data folder. Only a job that may be the first one begins an installation."""

    async def with_stoa(complete: Complete) -> Any:
        if not begin:
            await _check_schema(complete)
        async with _opened(complete) as stoa:
            return await job(stoa)

    with _complete(data, begin=begin) as complete:
        return asyncio.run(with_stoa(complete))


async def _check_schema(complete: Complete) -> None:
    schema = await checks.schema_of(complete)
    if not schema.ok:
        raise GiveUp(f"The database {schema.says}")


@asynccontextmanager
async def _opened(complete: Complete) -> AsyncIterator[Stoa]:
    async with open_stoa(complete) as stoa:
        yield stoa


def show(value: object, as_json: bool, text: str) -> None:  # noqa: FBT001 - handed on from the command line
    print(msgspec.json.format(msgspec.json.encode(value)).decode() if as_json else text)
