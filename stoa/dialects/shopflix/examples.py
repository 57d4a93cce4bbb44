"""Bodies that work as they stand, for the OpenAPI document and whoever reads it."""

REJECTION: dict[str, object] = {"status": "D", "reason": "damaged"}

SHIPMENT = {"numberOfPackages": 1, "packageComment": "Fragile"}
"""One parcel, with a comment for the courier."""
