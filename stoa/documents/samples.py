"""The files that the demo orders name: real PDFs, made when they are asked for."""

from datetime import UTC, datetime
from functools import cache

from stoa.documents.delivery_note import render_delivery_note
from stoa.documents.voucher import Party, Voucher, render_voucher
from stoa.orders.order import Address, DeliveryNote, Line
from stoa.orders.shop import Shop

_DELIVERY_NOTE = "delivery-note.pdf"
SAMPLES = frozenset({"voucher.pdf", "invoice.pdf", _DELIVERY_NOTE})

_MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@cache
def sample(name: str) -> bytes:
    """A one-page PDF: the delivery note, or a label that says what it stands for."""
    return _delivery_note() if name == _DELIVERY_NOTE else _label(name)


def _label(name: str) -> bytes:
    return render_voucher(
        Voucher(
            courier=f"DEMO {name}",
            tracking_code="123456789",
            order_code="DEMO",
            created_at=_MOMENT,
            sender=Party("Stoa", "Ερμού 12", "10563", "Αθήνα", "Αττική", "GR"),
            recipient=Party("Μαρία Δοκιμίδου", "Πανεπιστημίου 4", "10679", "Αθήνα", "Αττικής", "GR"),
            parcels=1,
        )
    )


def _delivery_note() -> bytes:
    note = DeliveryNote(
        number="ΔΑ-0045402",
        issued_at=_MOMENT,
        address=Address(
            street_name="Πανεπιστημίου", street_number="4", zip="10679", city="Αθήνα", region="Αττικής"
        ),
        recipient="Μαρία Δοκιμίδου",
    )
    line = Line(
        id="dEmoLine02",
        shop_uid="311",
        name="Κινητό τηλέφωνο 128GB",
        quantity=2,
        unit_price_cents=10000,
        vat_rate=2400,
        serial_numbers=("SN12345", "SN56789"),
    )
    return render_delivery_note(note, (line,), Shop(id=0, name="Stoa"), order_code="DEMO")
