"""Why customers send goods back, and what the shop writes to them."""

from random import Random

from msgspec import Struct

from stoa.orders.order import ReturnReason
from stoa.simulator.orders import choose, happens

REASONS = {
    ReturnReason.WITHDRAWAL: 44,
    ReturnReason.FAULTY: 16,
    ReturnReason.MISSING_PART: 10,
    ReturnReason.WRONG_PRODUCT: 8,
    ReturnReason.DAMAGED_PRODUCT: 8,
    ReturnReason.DELIVERY_ISSUES: 6,
    ReturnReason.OTHER: 4,
    ReturnReason.EXPIRED_PRODUCT: 2,
    ReturnReason.AUTHENTICITY_DOUBT: 2,
}
"""How often each is chosen, relative to the others."""

COMMENTS = {
    ReturnReason.WITHDRAWAL: ("Δεν μου ταιριάζει τελικά.", "Το θέλω σε άλλο χρώμα.", "Το βρήκα φθηνότερα."),
    ReturnReason.FAULTY: ("Δεν ανοίγει καθόλου.", "Σταμάτησε να λειτουργεί την πρώτη μέρα."),
    ReturnReason.MISSING_PART: ("Λείπουν οι βίδες από το κουτί.", "Δεν είχε μέσα το καλώδιο."),
    ReturnReason.WRONG_PRODUCT: ("Άλλο παρήγγειλα και άλλο ήρθε.", "Ήρθε σε λάθος μέγεθος."),
    ReturnReason.DAMAGED_PRODUCT: (
        "Έφτασε ραγισμένο.",
        "Το κουτί ήταν σκισμένο και το προϊόν γρατζουνισμένο.",
    ),
    ReturnReason.DELIVERY_ISSUES: ("Ήρθε πολύ αργά, δεν το χρειάζομαι πια.",),
    ReturnReason.OTHER: ("Ήταν δώρο και το έχουν ήδη.",),
    ReturnReason.EXPIRED_PRODUCT: ("Η ημερομηνία λήξης έχει περάσει.",),
    ReturnReason.AUTHENTICITY_DOUBT: ("Η συσκευασία δεν μοιάζει με την αυθεντική.",),
}

SEEN_ON_PHOTOS = frozenset(
    {
        ReturnReason.FAULTY,
        ReturnReason.WRONG_PRODUCT,
        ReturnReason.DAMAGED_PRODUCT,
        ReturnReason.EXPIRED_PRODUCT,
    }
)

ANSWERS = (
    "Μιλήσαμε με τον πελάτη και του εξηγήσαμε τι ισχύει.",
    "Στείλαμε αναλυτικές οδηγίες με e-mail.",
    "Το προϊόν είναι όπως περιγράφεται στη σελίδα του.",
)
"""What the shop writes where an answer needs a comment."""

PART_URL = "https://www.example.com/antallaktika/100231-1"
"""Where the customer can buy what was never in the box."""

KEEPS_IT = "Τελικά θα το κρατήσω"
"""Why a customer calls a return off."""

FAULTS_FOUND = ("Επέστρεψε χρησιμοποιημένο.", "Λείπουν εξαρτήματα από τη συσκευασία.")
"""Why goods that came back go to the customer again."""


class Complaint(Struct, frozen=True, kw_only=True):
    """Why a customer wants to return goods; ``photos`` are the addresses of pictures."""

    reason: ReturnReason
    comment: str | None = None
    photos: tuple[str, ...] = ()


def believable_complaint(chance: Random) -> Complaint:
    reason = choose(chance, REASONS)
    photos = chance.randrange(1, 4) if reason in SEEN_ON_PHOTOS else 0
    return Complaint(
        reason=reason,
        comment=chance.choice(COMMENTS[reason]) if happens(chance, 0.7) else None,
        photos=tuple(
            f"https://images.example.com/{chance.randrange(10**6):06}/{n}.jpg" for n in range(1, photos + 1)
        ),
    )
