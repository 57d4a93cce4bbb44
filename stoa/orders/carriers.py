"""The carriers that the marketplaces work with, and how their parcels get to the customer.

One table for all dialects; each spells the names its own way where people know them by another.
"""

LAST_MILE = "last_mile"
"""The marketplace's own courier, the only one that is told when a parcel is ready."""

CARRIERS = {
    LAST_MILE: "Last Mile",
    "acs": "ACS",
    "beinoglou": "Beinoglou",
    "box_now": "BOX NOW",
    "clever_point": "Clever Point",
    "courier_center": "Courier Center",
    "delatolas": "Delatolas",
    "dhl": "DHL",
    "diakinisis": "Diakinisis",
    "dpd": "DPD",
    "easymail": "EasyMail",
    "elta": "ELTA",
    "geniki_taxydromiki": "Geniki Taxydromiki",
    "gls": "GLS",
    "speedex": "Speedex",
}
"""The carriers by key, with the names that people know."""

NETWORKS = frozenset({"box_now", "clever_point"})
"""Those that have pickup points, where the parcels of others may wait for the customer too."""
