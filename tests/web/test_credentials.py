from base64 import b64encode

import pytest
from starlette.requests import Request

from stoa.store.shops import SHOP_PREFIX, Token
from stoa.web.credentials import basic
from stoa.web.faults import Fault

RIGHT = b"st_17:a_b-c"


def sending(authorization: bytes) -> Request:
    return Request({"type": "http", "headers": [(b"authorization", authorization)]})


def encoded(text: bytes) -> bytes:
    return b"Basic " + b64encode(text)


@pytest.mark.parametrize("scheme", [b"Basic ", b"basic ", b"BASIC   "])
def test_the_user_is_the_key_and_the_password_the_secret(scheme: bytes) -> None:
    assert basic(sending(scheme + b64encode(RIGHT))) == Token(SHOP_PREFIX, 17, "a_b-c")


def test_a_secret_may_have_colons() -> None:
    assert basic(sending(encoded(b"st_17:a:b:"))).secret == "a:b:"


WRONG = {
    "another scheme": b"Bearer st_17_a_b-c",
    "nothing": b"",
    "a scheme alone": b"Basic",
    "no base64": b"Basic st_17:a_b-c",
    "base64 that is cut off": encoded(RIGHT).rstrip(b"=")[:-1],
    "base64 with more behind it": encoded(RIGHT) + b" x",
    "letters that are not ASCII": b"Basic \xff\xfe",
    "no UTF-8": encoded(b"st_17:\xff"),
    "no colon": encoded(b"st_17"),
    "a token for the key": encoded(b"st_17_a_b-c:"),
    "a part of the key in the secret": encoded(b"st:17_a_b-c"),
    "a part of the secret in the key": encoded(b"st_17_a:b-c"),
    "the operator's key": encoded(b"op_17:a_b-c"),
    "no number": encoded(b"st_x:a_b-c"),
    "another way to write the number": encoded(b"st_017:a_b-c"),
    "a negative number": encoded(b"st_-1:a_b-c"),
    "a number beyond the database's": encoded(b"st_" + b"9" * 19 + b":a_b-c"),
    "a secret that is not ASCII": encoded("st_17:μυστικό".encode()),
    "10 kB of key": encoded(b"9" * 10_000),
    "10 kB that is no base64": b"Basic " + b"!" * 10_000,
}


@pytest.mark.parametrize("header", WRONG.values(), ids=WRONG)
def test_what_is_no_key_and_secret_is_unauthorized_and_asked_for(header: bytes) -> None:
    with pytest.raises(Fault) as refused:
        basic(sending(header))

    assert refused.value.status == 401
    assert refused.value.headers == {"WWW-Authenticate": 'Basic realm="stoa", charset="UTF-8"'}
