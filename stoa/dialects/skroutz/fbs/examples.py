"""Request bodies as the documentation shows them; a test sends them."""

from datetime import UTC, datetime

SUPPLIER = {
    "code": "KAR-1",
    "name": "Αφοί Καρρά ΟΕ",
    "address": "Λεωφόρος Λαυρίου 12",
    "city": "Παιανία",
    "area": "Αττική",
    "zip_code": "19002",
    "phone": "2101234567",
    "tax_number": "111119191",
    "email": "orders@karras.example",
}

SUPPLIER_CHANGES = {"phone": "2107654321", "tax_number": None}

PURCHASE_ORDER = {
    # It must still lie ahead when somebody pastes it.
    "expected_date": f"{datetime.now(UTC).year + 1}-12-30",
    "supplier_id": "a1b2c3d4e5",
    "line_items": [
        {
            "product_uid": "SKU-1",
            "expected_quantity": 10,
            "keep_serial_numbers": False,
            "has_expiration_date": False,
            "storage_conditions": 0,
        }
    ],
}
