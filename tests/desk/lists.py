"""The list of orders as somebody at the desk sees it, and orders to be seen in it."""

import re

import httpx

from stoa.app import Stoa
from stoa.housekeeping import codes_in
from stoa.orders.shop import Shop
from stoa.store.facts import Facts
from tests.desk.people import posting


def orders_of(shop: Shop, *parts: str) -> str:
    """The address of the shop's list, or what lies below it."""
    return "/".join([f"/desk/{shop.id}/orders", *parts])


def listed(page: httpx.Response) -> list[int]:
    """The numbers of the orders that a page lists, in its order."""
    return [int(number) for number in re.findall(r'<tr data-order="(\d+)"', page.text)]


def tab_counts(page: httpx.Response) -> dict[str, str]:
    """What stands beside each tab's name."""
    tabs = page.text.split('id="tabs"', 1)[1].split("</nav>", 1)[0]
    return dict(re.findall(r'tab=(\w+)[^>]*>[^<]+<span class="count">([^<]*)<', tabs))


def open_tab(page: httpx.Response) -> str:
    found = re.search(r'tab=(\w+)[^"]*" aria-current="page"', page.text.split('id="tabs"', 1)[1])
    assert found is not None, page.text
    return found[1]


def linked(page: httpx.Response, text: str) -> str:
    """Where the link with this text leads."""
    found = re.search(rf'href="([^"]+)"[^>]*>{re.escape(text)} ?<', page.text)
    assert found is not None, page.text
    return found[1].replace("&amp;", "&")


async def let_orders_be_found(stoa: Stoa, shop: Shop) -> None:
    """Do what the worker does within a second of a save."""
    facts = Facts(stoa.service.pool, codes_in(stoa.dialects))
    while await facts.fold(shop.id):
        pass


async def searching(client: httpx.AsyncClient, shop: Shop, words: str, **fields: object) -> httpx.Response:
    """The page that a search leads to."""
    answer = await posting(client, orders_of(shop, "find"), words=words, **fields)
    assert answer.status_code == 303, answer.text
    return await client.get(answer.headers["location"])
