"""The code of a region: three Latin capitals, of no two of the same."""

import pytest

from stoa.dialects.shopflix.regions import region_code

PREFECTURES = """
Αιτωλοακαρνανία Αργολίδα Αρκαδία Άρτα Αττική Αχαΐα Βοιωτία Γρεβενά Δράμα Δωδεκάνησα Έβρος Εύβοια Ευρυτανία Ζάκυνθος
Ηλεία Ημαθία Ηράκλειο Θεσπρωτία Θεσσαλονίκη Ιωάννινα Καβάλα Καρδίτσα Καστοριά Κέρκυρα Κεφαλονιά Κιλκίς Κοζάνη
Κορινθία Κυκλάδες Λακωνία Λάρισα Λασίθι Λέσβος Λευκάδα Μαγνησία Μεσσηνία Ξάνθη Πέλλα Πιερία Πρέβεζα Ρέθυμνο Ροδόπη
Σάμος Σέρρες Τρίκαλα Φθιώτιδα Φλώρινα Φωκίδα Χαλκιδική Χανιά Χίος
"""


def test_no_two_prefectures_of_greece_have_the_same_code() -> None:
    codes = {name: region_code(name) for name in PREFECTURES.split()}

    assert len(codes) == len(set(codes.values())) == 51
    assert {code for code in codes.values() if not code or len(code) != 3} == set()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ATTICA", "ATT"),
        ("Αττική", "ATT"),
        ("ΑΤΤΙΚΗ", "ATT"),
        ("Νομός Αττικής", "ATT"),
        ("Ν. Θεσπρωτίας", "THP"),
        ("Περιφέρεια Αττικής", "ATT"),
        ("Θεσσαλονίκη", "THE"),
        ("Thessaloniki", "THE"),
        ("Θεσπρωτία", "THP"),
        ("Χανιά", "CHA"),
        ("Χαλκιδική", "CHK"),
        ("Έβρος", "EVR"),
        ("Ευρυτανία", "EVT"),
        ("Εύβοια", "EVV"),
        ("Λευκάδα", "LEF"),
        ("Ξάνθη", "XAN"),
        ("Ψαρά", "PSA"),
        ("Οὔλα", "OUL"),
        ("Αχαΐα", "ACH"),
        ("București", "BUC"),
        ("  Σ-ά μος", "SAM"),
        ("Κω", "KO"),
    ],
)
def test_a_code_is_the_first_letters_as_road_signs_write_them(name: str, code: str) -> None:
    assert region_code(name) == code


@pytest.mark.parametrize("name", ["", " ", "123", "София", "東京", "!?"])
def test_a_name_without_greek_or_latin_letters_has_no_code(name: str) -> None:
    assert region_code(name) is None
