import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from stoa.webhooks.signing import new_signing_key, shown, sign


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Verify as a receiver would who has only read https://www.standardwebhooks.com and been given the secret."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = hmac.new(key, content, hashlib.sha256).digest()
    versions = (signature.split(",", 1) for signature in headers["webhook-signature"].split(" "))
    return any(v == "v1" and base64.b64decode(given) == expected for v, given in versions)


def test_the_specs_own_example_is_signed_as_the_spec_says() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200))
def test_a_receiver_verifies_any_body_with_the_secret_that_the_shop_was_shown(body: bytes) -> None:
    key = new_signing_key()

    assert verified(shown(key), sign(key, "msg_1_2", 1_700_000_000, body), body)


def test_a_changed_body_or_time_does_not_verify() -> None:
    key = new_signing_key()
    headers = sign(key, "msg_1_2", 1_700_000_000, b"{}")

    assert not verified(shown(key), headers, b"{ }")
    assert not verified(shown(key), headers | {"webhook-timestamp": "1700000001"}, b"{}")


def test_new_keys_are_long_enough_for_the_spec_and_differ() -> None:
    keys = {new_signing_key() for _ in range(10)}

    assert len(keys) == 10
    assert all(24 <= len(key) <= 64 for key in keys)
