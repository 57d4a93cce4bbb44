"""Who comes in: a shop with its token that asks for this contract, in the one version that is spoken here."""

from functools import lru_cache

from starlette.requests import Request

from stoa.service import Service
from stoa.store.shops import SHOP_PREFIX, Caller
from stoa.web.credentials import bearer
from stoa.web.faults import Fault

NAME = "skroutz"

VERSION = "3.0"


class Entry:
    """The door of every call of this contract."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._vendor = f"application/vnd.{service.settings.site_name}+json"

    async def let_in(self, request: Request, order_id: int | None = None) -> Caller:
        """The shop that calls, with the order that it asks for. Raises Fault or Stranger: 406, 401."""
        if not accepts(",".join(request.headers.getlist("accept")), self._vendor):
            raise _not_acceptable(self._vendor)
        return await self._service.shops.caller(bearer(request, SHOP_PREFIX), NAME, order_id)


@lru_cache(maxsize=256)
def accepts(header: str, vendor: str) -> bool:
    """Whether an Accept header asks for this vendor's version 3.0."""
    for entry in header.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        pairs = {name.strip(): value.strip(' "') for name, _, value in (p.partition("=") for p in parameters)}
        if media_type == vendor and pairs.get("version") == VERSION:
            return True
    return False


def _not_acceptable(vendor: str) -> Fault:
    return Fault(406, "not_acceptable", f"Send the header Accept: {vendor}; version={VERSION}")
