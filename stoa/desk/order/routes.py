"""All that belongs to the page of one order, put together."""

from stoa.desk.entry import Desk
from stoa.desk.order.asking import OrderForms
from stoa.desk.order.deciding import decision_routes
from stoa.desk.order.notes import note_routes
from stoa.desk.order.page import ORDER, OrderPage
from stoa.desk.order.papers import paper_routes
from stoa.desk.order.returning import return_routes
from stoa.desk.order.telling import telling_routes
from stoa.web.routing import Endpoint, get


def order_page_routes(desk: Desk) -> list[Endpoint]:
    page = OrderPage(desk)
    forms = OrderForms(desk, page)
    return [
        get(ORDER)(page.show),
        *decision_routes(forms),
        *paper_routes(forms),
        *return_routes(forms),
        *note_routes(forms),
        *telling_routes(forms),
    ]
