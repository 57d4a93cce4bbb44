"""Public addresses of files: readable up to the shop and the order, then a secret that only we can make."""

import hashlib
import hmac

from msgspec import Struct

from stoa.orders.order import Order

SECRET_LENGTH = 32
"""Characters of the secret: 128 bits in hexadecimal."""


class Link(Struct, frozen=True):
    """Which file a public address names. ``serial`` tells a file from the ones it replaced."""

    kind: str
    shop_id: int
    order_id: int
    serial: int


VOUCHER = "vouchers"
INVOICE = "invoices"


class Links:
    """Makes and checks public addresses. The secrets are derived, so none is stored."""

    def __init__(self, public_url: str, secret_key: str) -> None:
        self._base = f"{public_url}/files"
        self._key = hashlib.sha256(b"links:" + secret_key.encode()).digest()

    def voucher(self, order: Order) -> str | None:
        """The address of the order's voucher, if it has one."""
        if order.voucher is None:
            return None
        return self._address(Link(VOUCHER, order.shop_id, order.id, order.voucher.serial), "pdf")

    def invoice(self, order: Order) -> str | None:
        """The address of the invoice that the merchant uploaded, if it did."""
        if order.uploaded_invoice is None:
            return None
        extension = order.uploaded_invoice.blob.rsplit(".", 1)[-1]
        return self._address(Link(INVOICE, order.shop_id, order.id, order.uploaded_invoice.serial), extension)

    def sample(self, name: str) -> str:
        """The address of a sample file, the same for everybody."""
        return f"{self._base}/samples/{name}"

    def _address(self, link: Link, extension: str) -> str:
        return f"{self._base}/{link.kind}/{name_of(link)}-{self._secret(link)}.{extension}"

    def _secret(self, link: Link) -> str:
        text = f"{link.kind}/{name_of(link)}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:SECRET_LENGTH]

    def read(self, kind: str, name: str) -> Link | None:
        """The file that a name such as ``17-1000001-1-5f0c….pdf`` stands for; None for one that we never made."""
        parts = name.rsplit(".", 1)[0].split("-")
        if len(parts) != 4 or not all(_is_number(part) for part in parts[:3]):  # noqa: PLR2004
            return None
        link = Link(kind, *(int(part) for part in parts[:3]))
        genuine = hmac.compare_digest(self._secret(link).encode(), parts[3].encode())
        return link if genuine else None


def name_of(link: Link) -> str:
    return f"{link.shop_id}-{link.order_id}-{link.serial}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18  # noqa: PLR2004 - a bigint has room for these
