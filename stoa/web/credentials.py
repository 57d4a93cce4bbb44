"""The credentials of a request."""

from base64 import b64decode

from starlette.requests import Request

from stoa.store.shops import SHOP_PREFIX, Stranger, Token, read_key, read_token
from stoa.web.faults import key_required, unauthorized


def bearer(request: Request, prefix: str) -> Token:
    """The caller's token, not yet checked; ``prefix`` tells whose tokens open the API. Raises Fault."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized()
    try:
        return read_token(text.strip(), prefix)
    except Stranger as stranger:
        raise unauthorized() from stranger


def basic(request: Request) -> Token:
    """A shop's token, not yet checked, from HTTP Basic: the user is its key, "st_17", the password its secret.

    Raises Fault.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise key_required()
    try:
        key, _, secret = b64decode(text.strip(), validate=True).decode().partition(":")
        return read_key(key, secret, SHOP_PREFIX)
    except (ValueError, Stranger) as stranger:
        raise key_required() from stranger
