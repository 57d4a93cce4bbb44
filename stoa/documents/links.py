"""Public addresses of files and of an order's pages: they name shop and order, with a secret that only we can make."""

import hashlib
import hmac
from enum import StrEnum

from msgspec import Struct

from stoa.orders.order import Order, UploadedInvoice

SECRET_BYTES = 16
"""128 bits; in hexadecimal twice as many characters."""


class Link(Struct, frozen=True):
    """Which file a public address names. ``serial`` tells a file from the ones it replaced."""

    kind: str
    shop_id: int
    order_id: int
    serial: int


VOUCHER = "vouchers"
INVOICE = "invoices"
DELIVERY_NOTE = "delivery-notes"


class Page(StrEnum):
    """What a customer opens of an order, and the word that stands for it in the address."""

    INFO = "info"
    PROFORMA = "proforma"
    INVOICE = "invoice"
    STORNO = "storno"


class Links:
    """Makes and checks public addresses. The secrets are derived, so none is stored."""

    def __init__(self, public_url: str, secret_key: str) -> None:
        self.is_https = public_url.startswith("https:")
        """Whether the service is reached by https only."""
        self.host = public_url.partition("://")[2].partition("/")[0]
        """Host and port that the service is reached by."""
        self._files = f"{public_url}/files"
        self._pages = f"{public_url}/orders"
        self._key = hashlib.sha256(b"links:" + secret_key.encode()).digest()

    def voucher(self, order: Order) -> str | None:
        """The address of the order's voucher, if it has one."""
        if order.voucher is None:
            return None
        return self._address(Link(VOUCHER, order.shop_id, order.id, order.voucher.serial), "pdf")

    def invoice(self, order: Order) -> str | None:
        """The address of the newest invoice that the merchant uploaded, if it did."""
        file = order.uploaded_invoice
        return self.invoice_file(order, file) if file else None

    def invoice_file(self, order: Order, file: UploadedInvoice) -> str:
        """The address of a file that the merchant uploaded for the order."""
        return self._address(
            Link(INVOICE, order.shop_id, order.id, file.serial), file.blob.rsplit(".", 1)[-1]
        )

    def delivery_note(self, order: Order) -> str | None:
        """The address of the warehouse's paper for the parcel, if it sent one."""
        if order.delivery_note is None:
            return None
        # An order is sent once, so nothing ever takes the paper's place.
        return self._address(Link(DELIVERY_NOTE, order.shop_id, order.id, 1), "pdf")

    def sample(self, name: str) -> str:
        """The address of a sample file, the same for everybody."""
        return f"{self._files}/samples/{name}"

    def info(self, order: Order) -> str:
        """The address of the page that tells the customer how far the order is."""
        return self._page(Page.INFO, order.shop_id, order.id)

    def proforma(self, order: Order) -> str:
        """The address of the order's proforma invoice."""
        return self._page(Page.PROFORMA, order.shop_id, order.id)

    def invoice_paper(self, order: Order) -> str | None:
        """The address of the invoice that Stoa issued, if it did."""
        return self.paper(order.shop_id, order.id, storno=False) if order.issued_invoice else None

    def storno_paper(self, order: Order) -> str | None:
        """The address of the storno that cancelled the invoice, if one did."""
        issued = order.issued_invoice
        return self.paper(order.shop_id, order.id, storno=True) if issued and issued.storno else None

    def paper(self, shop_id: int, order_id: int, *, storno: bool) -> str:
        """The address of an order's invoice or of its storno. It stays valid when the order is deleted."""
        return self._page(Page.STORNO if storno else Page.INVOICE, shop_id, order_id)

    def _page(self, page: Page, shop_id: int, order_id: int) -> str:
        secret = self._secret(_page_name(page, shop_id, order_id))
        return f"{self._pages}/{page}/{shop_id}-{secret}/{order_id}"

    def shop_of(self, page: Page, key: str, order_id: int) -> int | None:
        """The shop of an order's page, from an address's key such as ``17-5f0c…``; None for one that we never made."""
        shop_id, _, secret = key.partition("-")
        if not _is_number(shop_id):
            return None
        genuine = self._secret(_page_name(page, int(shop_id), order_id))
        return int(shop_id) if _same(genuine, secret) else None

    def _address(self, link: Link, extension: str) -> str:
        secret = self._secret(_file_name(link))
        return f"{self._files}/{link.kind}/{name_of(link)}-{secret}.{extension}"

    def _secret(self, name: str) -> str:
        # Half the time of HMAC with SHA-256, and a page of a list has two for each of its orders.
        return hashlib.blake2b(name.encode(), key=self._key, digest_size=SECRET_BYTES).hexdigest()

    def read(self, kind: str, name: str) -> Link | None:
        """The file that a name such as ``17-1000001-1-5f0c….pdf`` stands for; None for one that we never made."""
        parts = name.rsplit(".", 1)[0].split("-")
        if len(parts) != 4 or not all(_is_number(part) for part in parts[:3]):  # noqa: PLR2004
            return None
        link = Link(kind, *(int(part) for part in parts[:3]))
        return link if _same(self._secret(_file_name(link)), parts[3]) else None


def name_of(link: Link) -> str:
    return f"{link.shop_id}-{link.order_id}-{link.serial}"


def _file_name(link: Link) -> str:
    return f"{link.kind}/{name_of(link)}"


def _page_name(page: Page, shop_id: int, order_id: int) -> str:
    return f"orders/{page.value}/{shop_id}/{order_id}"


def _same(genuine: str, given: str) -> bool:
    """Compare in a time that says nothing of where they differ."""
    return hmac.compare_digest(genuine.encode(), given.encode())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18  # noqa: PLR2004 - a bigint has room for these
