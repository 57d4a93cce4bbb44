"""The carriers that the marketplaces work with; each dialect spells their names its own way."""

LAST_MILE = "last_mile"
"""The marketplace's own courier, the only one that is told when a parcel is ready."""

CARRIERS = {
    LAST_MILE: "Last Mile",
    "acs": "ACS",
    "beinoglou": "Beinoglou",
    "box_now": "BOX NOW",
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
