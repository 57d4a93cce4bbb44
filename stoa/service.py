"""What the routes and the worker work with: one of each, put together in ``app``."""

from collections.abc import Callable
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from stoa.clock import Clock
from stoa.documents.blobs import Blobs
from stoa.documents.filing import Filing
from stoa.documents.invoice_files import InvoiceFiles
from stoa.documents.links import Links
from stoa.documents.vouchers import Press
from stoa.engine import Engine
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.settings import Settings
from stoa.store.bell import Bell
from stoa.store.database import Pool
from stoa.store.deliveries import Deliveries
from stoa.store.invoices import Invoices
from stoa.store.notes import Notes
from stoa.store.orders import Orders
from stoa.store.people import People
from stoa.store.shops import Shops
from stoa.store.strangers import Strangers
from stoa.store.warehouse import Warehouse
from stoa.webhooks.guard import Guard
from stoa.webhooks.vault import KeyVault


class Service(Struct, frozen=True, kw_only=True):
    settings: Settings
    clock: Clock
    pool: Pool
    shops: Shops
    strangers: Strangers
    people: People
    orders: Orders
    notes: Notes
    invoices: Invoices
    warehouse: Warehouse
    deliveries: Deliveries
    engine: Engine
    bell: Bell
    blobs: Blobs
    press: Press
    invoice_files: InvoiceFiles
    links: Links
    guard: Guard
    vault: KeyVault
    channel_code: Callable[[Order, Shop], str]
    """What the order is called where it came from, see ``dialects.channel_codes``."""

    def signed_by(self, person_id: int) -> Self:
        """The same for somebody at the desk: what happens to orders through it is noted as theirs."""
        engine = self.engine.signed_by(person_id)
        filing = Filing(engine, self.orders, self.blobs)
        return replace(
            self,
            engine=engine,
            press=Press(filing, self.clock, self.channel_code),
            invoice_files=InvoiceFiles(filing, self.clock),
        )
