import pytest

from stoa.webhooks.vault import KeyVault, WrongSecretKey


def test_what_was_sealed_is_unsealed_by_another_vault_of_the_same_secret() -> None:
    sealed = KeyVault("a secret").seal(b"signing key", 7, "skroutz_orders")

    assert b"signing key" not in sealed
    assert KeyVault("a secret").unseal(sealed, 7, "skroutz_orders") == b"signing key"


def test_the_same_key_is_never_sealed_to_the_same_bytes() -> None:
    vault = KeyVault("a secret")

    assert vault.seal(b"key", 7, "skroutz_orders") != vault.seal(b"key", 7, "skroutz_orders")


@pytest.mark.parametrize(
    ("secret", "shop_id", "kind"),
    [
        ("another", 7, "skroutz_orders"),
        ("a secret", 8, "skroutz_orders"),
        ("a secret", 7, "skroutz_returns"),
    ],
)
def test_another_secret_shop_or_kind_opens_nothing(secret: str, shop_id: int, kind: str) -> None:
    sealed = KeyVault("a secret").seal(b"key", 7, "skroutz_orders")

    with pytest.raises(
        WrongSecretKey, match=r"^The signing key was sealed under another STOA_SECRET_KEY: .*\.$"
    ):
        KeyVault(secret).unseal(sealed, shop_id, kind)


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 40])
def test_bytes_that_were_never_sealed_open_nothing(sealed: bytes) -> None:
    with pytest.raises(WrongSecretKey):
        KeyVault("a secret").unseal(sealed, 7, "skroutz_orders")
