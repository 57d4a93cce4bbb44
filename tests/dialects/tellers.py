"""How each dialect's answer about an order is read: to what it tells, whatever it calls it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from stoa.orders.progress import Step
from tests.dialects.agreement import Facts, LineFacts
from tests.dialects.words import ALL_STEPS, CARRIERS, PAYMENTS, PROVIDERS, RETURN_STEPS, STEPS, Called

Json = dict[str, Any]


def _steps(words_of: Mapping[Step, object], **told: object) -> frozenset[Step]:
    return frozenset(
        step
        for step, words in words_of.items()
        if all(_is_said(value, getattr(words, name)) for name, value in told.items())
    )


def _is_said(value: object, words: object) -> bool:
    return value in words if isinstance(words, tuple) else words in {value, None}


def _cents(euros: float | None) -> int:
    return round((euros or 0) * 100)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _day(text: str) -> str:
    """``260303`` for a moment of that day."""
    return text[2:10].replace("-", "")


def _joined(*parts: str) -> str:
    return " ".join(parts).strip()


def _known_as(called: Mapping[str, Called], dialect: str, word: str | None) -> str | None:
    """What the dialect's word stands for; a word that it does not have stands for itself."""
    return next((key for key, names in called.items() if getattr(names, dialect) == word), word)


def _payment(dialect: str, word: str) -> str:
    return PROVIDERS.get(word) or _known_as(PAYMENTS, dialect, word) or ""


def told_by_skroutz(shown: Json) -> Facts:
    """What Skroutz's order object tells."""
    customer = shown["customer"]
    day, _, number = shown["code"].partition("-")
    goods = sum(_cents(line["total_price"]) for line in shown["line_items"])
    shipping = _cents(shown["shipping_cost"]) if "shipping_cost" in shown else UNSET
    codes, replaced = shown["courier_tracking_codes"], shown.get("replaced")
    return Facts(
        number=int(number),
        day=day,
        skroutz_code=shown["code"],
        replaces=_number_in(replaced) if replaced else None,
        returns=tuple(_number_in(link["return_uuid"]) for link in shown.get("returns", ())),
        step=_steps(
            STEPS,
            skroutz=shown["state"],
            has_voucher=shown["courier_voucher"] is not None,
            is_ready=shown["is_ready_for_dispatch"],
        ),
        goods_cents=goods,
        shipping_cents=shipping,
        total_cents=UNSET if isinstance(shipping, UnsetType) else goods + shipping,
        created_at=_instant(shown["created_at"]),
        expires_at=_instant(shown["expires_at"]),
        dispatch_until=_instant(shown["dispatch_until"]),
        courier_comes_at=_instant(shown["pickup_window"]["from"]) if "pickup_window" in shown else None,
        recipient=_joined(customer["first_name"], customer["last_name"]),
        recipient_phone=_skroutz_phones(shown),
        **_skroutz_address(customer["address"]),
        comments=shown["comments"],
        wants_invoice=shown["invoice"],
        document=shown["invoice_document"],
        **_skroutz_invoice(shown),
        invoice_file=shown["uploaded_invoice_file"],
        payment=_payment("skroutz", shown["payment_method"]),
        pays_at_the_door=not shown["paid_by_user"],
        carrier=_known_as(CARRIERS, "skroutz", shown["courier"]),
        tracking_codes=",".join(codes),
        shipment=int(number) if shown["courier_voucher"] or codes else None,
        lines=tuple(_skroutz_line(line, shown) for line in shown["line_items"]),
    )


def told_by_skroutz_of_return(shown: Json) -> Facts:
    """What Skroutz's return object tells."""
    _, day, number = shown["return_code"].split("-")
    return Facts(
        number=int(number),
        skroutz_code=shown["return_code"],
        return_of=_number_in(shown["order_code"]),
        step=_steps(RETURN_STEPS, skroutz=shown["state"]),
        day=day,
        created_at=_instant(shown["created_at"]),
        carrier=_known_as(CARRIERS, "skroutz", shown.get("courier")),
        tracking_codes=",".join(shown.get("courier_tracking_ids", ())),
        lines=tuple(
            LineFacts(name=line["product_name"], ean=line["ean"], quantity=line["returning_quantity"])
            for line in shown["return_line_items"]
        ),
    )


def told_by_skroutz_of_its_link(shown: Json) -> Facts:
    """What an order of Skroutz tells of one of its returns."""
    return Facts(
        number=_number_in(shown["return_uuid"]),
        skroutz_code=shown["return_uuid"],
        tracking_codes=",".join(shown["tracking_ids"]),
    )


def _number_in(code: str) -> int:
    """The last part of a code of Skroutz."""
    return int(code.rpartition("-")[2])


def _skroutz_address(address: Json) -> dict[str, Any]:
    to_a_point = address["pickup_from_collection_point"]
    return {
        "street": _joined(address["street_name"], address["street_number"]),
        "zip": address["zip"],
        "city": address["city"],
        "region": address["region"],
        "country_code": address["country_code"],
        "collection_point": address.get("collection_point_address") if to_a_point else None,
        "address_comments": address.get("comments") or None,
    }


COMPANY = (
    "company",
    "company_profession",
    "company_vat_number",
    "company_tax_office",
    "company_street",
    "company_zip",
    "company_city",
    "company_region",
)


def _skroutz_invoice(shown: Json) -> dict[str, Any]:
    details = shown.get("invoice_details")
    if details is None:
        return dict.fromkeys(COMPANY)
    address = details["address"]
    return {
        "company": details["company"],
        "company_profession": details["profession"],
        "company_vat_number": details["vat_number"],
        "company_tax_office": details["doy"],
        "company_street": _joined(address["street_name"], address["street_number"]),
        "company_zip": address["zip"],
        "company_city": address["city"],
        "company_region": address["region"],
    }


def _skroutz_phones(shown: Json) -> frozenset[str | None] | UnsetType:
    """Told only where the merchant ships or invoices itself."""
    if "shipping_cost" not in shown and not shown["invoice"]:
        return UNSET
    customer = shown["customer"]
    phones = frozenset(customer[name] for name in ("phone", "mobile") if name in customer)
    return phones or frozenset([None])


def _skroutz_line(line: Json, shown: Json) -> LineFacts:
    size = line.get("size", {})
    return LineFacts(
        product=line["shop_uid"],
        variant=line.get("shop_variation_uid") or size.get("shop_variation_uid") or line["shop_uid"],
        name=line["product_name"],
        ean=line.get("ean") or size.get("ean") or None,
        option_names=size.get("label", ""),
        option_values=size.get("value", ""),
        quantity=line["quantity"],
        unit_cents=_cents(line["unit_price"]),
        total_cents=_cents(line["total_price"]),
        unit_vat_cents=UNSET if line["price_includes_vat"] else 0,
        vat_percent=line["vat_ratio"] if line.get("readjusted_vat") else UNSET,
        under_article_39a=shown["invoice_document"] == "invoice_39a",
        gift_wrap=shown["gift_wrap"],
    )


def told_by_merchantpro(shown: Json) -> Facts:
    """What MerchantPro's order, or its entry in a list, tells."""
    total, shipping = _cents(shown["total_amount"]), _cents(shown["shipping_amount"])
    channel, reference = shown["channel_name"], shown["channel_ref_id"]
    return Facts(
        number=shown["id"],
        day=_day(shown["date_created"]),
        skroutz_code=reference if channel == "skroutz" else UNSET,
        shopflix_id=reference if channel == "shopflix" else UNSET,
        replaces=shown["parent_id"],
        returns=_merchantpro_returns(shown),
        return_of=shown["return_source_id"],
        step=_steps(
            ALL_STEPS,
            merchantpro=shown["shipping_status"],
            substatus=shown["shipping_substatus_id"],
        ),
        goods_cents=_merchantpro_goods(shown, total - shipping),
        shipping_cents=shipping,
        total_cents=total,
        created_at=_instant(shown["date_created"]),
        updated_at=_instant(shown["date_modified"]),
        customer_number=shown["customer_id"],
        customer_email=shown["customer_email"],
        # Who buys is billed, unless the shop says otherwise: no test does.
        customer_name=shown["billing_name"],
        # Empty where the shop told it only with the delivery.
        customer_phone=shown["billing_phone"] or UNSET,
        recipient=shown["shipping_name"],
        recipient_phone=frozenset([shown["shipping_phone"]]),
        street=shown["shipping_address"] or "",
        zip=shown["shipping_postal_code"] or "",
        city=shown["shipping_city"] or "",
        region=shown["shipping_state"] or "",
        country=shown["shipping_country_name"],
        country_code=shown["shipping_country_code"] or "",
        collection_point=_merchantpro_point(shown),
        comments=shown["customer_note"] or "",
        wants_invoice=shown["billing_type"] == "company",
        **_merchantpro_company(shown),
        payment=_payment("merchantpro", shown["payment_method_code"]),
        pays_at_the_door=shown["payment_method_code"] in {"cash_delivery", "in_store"},
        carrier=_known_as(CARRIERS, "merchantpro", shown["shipping_carrier_id"]),
        tracking_codes=shown["shipping_awb"] or "",
        shipment=shown["id"] if shown["shipping_awb"] else UNSET,
        lines=tuple(map(_merchantpro_line, shown["line_items"])) if "line_items" in shown else UNSET,
    )


def _merchantpro_returns(shown: Json) -> tuple[int, ...] | UnsetType:
    if "rma_orders" not in shown:
        return UNSET
    return tuple(returned["id"] for returned in shown["rma_orders"] or ())


def _merchantpro_goods(shown: Json, without_lines: int) -> int:
    if "line_items" not in shown:
        return without_lines
    return sum(_cents(line["line_subtotal_gross"]) for line in shown["line_items"])


def _merchantpro_point(shown: Json) -> str | UnsetType | None:
    if "shipping_delivery_info" not in shown:
        return UNSET
    info = shown["shipping_delivery_info"]
    return info["pickup_address"]["name"] if info else None


def _merchantpro_company(shown: Json) -> dict[str, Any]:
    told = [name for name in COMPANY if name not in {"company_profession", "company_tax_office"}]
    if shown["billing_type"] != "company":
        return dict.fromkeys(told)
    return {
        # A company without a name of its own goes by the person's.
        "company": shown["billing_company_name"] or shown["billing_name"],
        "company_vat_number": shown["billing_company_vat"] or "",
        "company_street": shown["billing_address"],
        "company_zip": shown["billing_postal_code"],
        "company_city": shown["billing_city"],
        "company_region": shown["billing_state"],
    }


def _merchantpro_line(line: Json) -> LineFacts:
    product, sku, options = line["product_id"], line["product_sku"], line.get("variant_options", ())
    # Without a code there is no variant that is not a number.
    variant = line.get("variant_id", product if sku is None else None)
    return LineFacts(
        product=UNSET if product is None else str(product),
        variant=UNSET if variant is None else str(variant),
        sku=UNSET if sku is None else frozenset([sku]),
        name=line["product_name"],
        ean=line["product_ean"] or None,
        option_names=", ".join(option["name"] for option in options),
        option_values=", ".join(option["value"] for option in options),
        quantity=line["quantity"],
        unit_cents=_cents(line["unit_price_gross"]),
        total_cents=_cents(line["line_subtotal_gross"]),
        unit_vat_cents=_cents(line["unit_tax_amount"]),
        vat_percent=line["product_tax_percent"],
    )


class Shopflix:
    """What Shopflix tells. Its times have no offset: they are the shop's."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def _instants(self, text: str) -> frozenset[datetime]:
        """Two of them in the hour that summer time ends in."""
        local = datetime.fromisoformat(text)
        return frozenset(local.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))

    def entry(self, shown: Json) -> Facts:
        """What the entry in a list tells."""
        return Facts(**self._of_both(shown))

    def order(self, shown: Json) -> Facts:
        """What the order tells."""
        address, carrier, comes_at = (
            shown["addressDetails"],
            shown["carrier"],
            shown["carrier"]["deliveryToCourierEstimationDate"],
        )
        goods = shown["subTotalItemsAmount"]
        # On a voucher the merchant's own comment may stand in place of the customer's.
        is_unlabelled = shown["state"] in {"registered", "in-processing"}
        return Facts(
            **self._of_both(shown),
            goods_cents=goods,
            shipping_cents=shown["totalItemsAmount"] - goods,
            expires_at=self._instants(shown["expiresAt"]),
            dispatch_until=self._instants(shown["dispatchUntil"]),
            courier_comes_at=self._instants(comes_at) if comes_at else None,
            street=_joined(address["street"], address["streetNumber"]),
            zip=address["postCode"],
            city=address["city"],
            region=address["region"],
            country=address["country"],
            country_code=address["countryCode"],
            address_comments=carrier["comments"] if is_unlabelled else UNSET,
            **_shopflix_company(shown["invoiceDetails"]),
            invoice_file=shown["invoices"][-1]["url"] if shown["invoices"] else None,
            payment=_payment("shopflix", shown["payment"]["name"]),
            pays_at_the_door=shown["payment"]["name"] == "cod",
            carrier=_shopflix_carrier(carrier),
            tracking_codes=carrier["trackingCodes"] or "",
            shipment=carrier["shipmentId"],
            lines=tuple(map(_shopflix_line, shown["lineItems"])),
        )

    def _of_both(self, shown: Json) -> dict[str, Any]:
        customer, number = shown["customer"], re.fullmatch(r"[A-Z]{2}--(\d+)--MER\d+", shown["id"])
        return {
            "number": int(number[1]) if number else None,
            "day": _day(shown["createdAt"]),
            "shopflix_id": shown["id"],
            "step": _steps(STEPS, shopflix=shown["state"]),
            "total_cents": shown["totalItemsAmount"],
            "created_at": self._instants(shown["createdAt"]),
            # Null until something happens.
            "updated_at": self._instants(shown["updatedAt"] or shown["createdAt"]),
            "customer_number": customer["userId"],
            "customer_email": customer["email"],
            "customer_name": _joined(customer["firstName"], customer["lastName"]),
            "customer_phone": customer["phone"],
            "wants_invoice": shown["hasInvoice"],
        }


def _shopflix_company(details: Json | None) -> dict[str, Any]:
    if details is None:
        return dict.fromkeys(COMPANY) | {"document": "receipt"}
    return {
        "company": details["companyName"],
        "company_profession": details["profession"],
        "company_vat_number": details["vatNumber"],
        "company_tax_office": details["taxOffice"],
        "company_street": _joined(details["street"], details["streetNumber"]),
        "company_zip": details["postCode"],
        "company_city": details["city"],
        "company_region": details["region"],
        "document": details["documentType"],
    }


def _shopflix_carrier(carrier: Json) -> str | None:
    """The carrier by its name, which the key must begin with."""
    key, delivery_key = _known_as(CARRIERS, "shopflix", carrier["name"]), carrier["deliveryKey"]
    return key if (delivery_key or "").startswith(key or "") else delivery_key


def _shopflix_line(line: Json) -> LineFacts:
    attributes = line["extendedAttributes"]
    return LineFacts(
        variant=line["merchantSku"],
        sku=frozenset([line["sku"], line["merchantSku"]]),
        name=line["productName"],
        ean=line["merchantEan"],
        option_names=", ".join(attribute["name"] for attribute in attributes),
        option_values=", ".join(attribute["value"] for attribute in attributes),
        quantity=line["quantity"],
        unit_cents=line["unitPrice"],
        total_cents=line["totalPrice"],
        under_article_39a=line["sfArticle39Valid"],
        gift_wrap=line["giftWrap"],
    )


Views = dict[str, Json]
"""The answers about one order or return, by ``TELLERS``."""

TELLERS: Mapping[str, Callable[[ZoneInfo], Callable[[Json], Facts]]] = {
    "Skroutz": lambda _: told_by_skroutz,
    "MerchantPro": lambda _: told_by_merchantpro,
    "MerchantPro's list": lambda _: told_by_merchantpro,
    "Shopflix": lambda zone: Shopflix(zone).order,
    "Shopflix's list": lambda zone: Shopflix(zone).entry,
    "Skroutz's return": lambda _: told_by_skroutz_of_return,
    "Skroutz's link to a return": lambda _: told_by_skroutz_of_its_link,
}
"""How each answer is read, for a shop in a zone. Of a return, all but Shopflix's; for MerchantPro it is an order."""


def told_by_all(views: Views, zone: ZoneInfo) -> dict[str, Facts]:
    """What each answer tells, by its name."""
    return {teller: TELLERS[teller](zone)(shown) for teller, shown in views.items()}
