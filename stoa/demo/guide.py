"""What ``make demo`` prints: where things are, and three lines to paste."""

from stoa.demo.shops import DemoFile

ACCEPT = "application/vnd.skroutz+json; version=3.0"

GUIDE = """
Stoa is running at {url}

  All calls, with examples   {url}/schema
  OpenAPI                    {url}/schema/openapi.json
  What the shops were sent   {url}/demo/inbox
  The desk                   {desk}
  Sign in to it as           {people}
  Operator's token           {operator}
  Your shop                  number {shop}, "{name}"
  Your shop's Skroutz token  {token}
  The same for scripts       {file}

Three lines to paste. Place an order, as a customer would, and keep its code:

  CODE=$(curl -s {url}/operator/v1/shops/{shop}/orders -H 'Authorization: Bearer {operator}' -d '{{"customer":{{"first_name":"Ελένη","last_name":"Παππά"}},"address":{{"street_name":"Πατησίων","street_number":"76","zip":"10434","city":"Αθήνα","region":"Αττική"}},"lines":[{{"shop_uid":"SKU-1","name":"Καφετιέρα","quantity":2,"unit_price_cents":3490,"vat_percent":24}}],"payment_method":"card","fulfilment":"marketplace"}}' | grep -o '"skroutz": *"[^"]*"' | cut -d '"' -f 4); echo $CODE

Read it, as the shop:

  curl -s {url}/merchants/ecommerce/orders/$CODE -H 'Accept: {accept}' -H 'Authorization: Bearer {token}'

Accept it, with two of its accept_options:

  curl -s -X POST {url}/merchants/ecommerce/orders/$CODE/accept -H 'Accept: {accept}' -H 'Content-Type: application/json; charset=utf-8' -H 'Authorization: Bearer {token}' -d '{{"pickup_location":"{location}","pickup_window":1,"number_of_parcels":1}}'

Ctrl-C stops everything.
"""


def guide(demo: DemoFile, file: str, location: str) -> str:
    """The text; ``location`` is the id of the first shop's default pickup location."""
    shop = demo.shops[0]
    return GUIDE.format(
        url=demo.url,
        desk=demo.desk.url,
        people=_people(demo),
        operator=demo.operator.token,
        shop=shop.id,
        name=shop.name,
        token=shop.credentials["skroutz"]["token"],
        file=file,
        accept=ACCEPT,
        location=location,
    )


def _people(demo: DemoFile) -> str:
    """The first shop's people and the operator, each with the password on a line."""
    shown = [person for person in demo.desk.people if person.shop in {None, demo.shops[0].id}]
    return f"\n{' ' * 29}".join(f"{person.email:28}  {person.password}" for person in shown)
