"""The files that the demo orders name: real PDFs, made when they are asked for."""

from datetime import UTC, datetime
from functools import cache

from stoa.documents.voucher import Party, Voucher, render_voucher

SAMPLES = frozenset({"voucher.pdf", "invoice.pdf", "delivery-note.pdf"})

_MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@cache
def sample(name: str) -> bytes:
    """A one-page PDF that says what it stands for."""
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
