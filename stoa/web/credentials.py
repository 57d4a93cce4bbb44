"""The bearer token of a request."""

from starlette.requests import Request

from stoa.store.shops import Stranger, Token, read_token
from stoa.web.faults import unauthorized


def bearer(request: Request, prefix: str) -> Token:
    """The caller's token, not yet checked; ``prefix`` tells whose tokens open the API. Raises Fault."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized()
    try:
        return read_token(text.strip(), prefix)
    except Stranger as stranger:
        raise unauthorized() from stranger
