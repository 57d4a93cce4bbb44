"""The objects that Shopflix shows (Shopflix Merchant API, orders), in its one order of fields.

What was never set is null. Amounts are in cents; times are the shop's, without an offset: "2025-10-14 10:24:00".
All are dicts: a page has hundreds, and a struct takes longer to make.
"""

from collections.abc import Sequence
from typing import TypedDict

from msgspec import Raw


class CustomerView(TypedDict):
    userId: int
    email: str | None
    phone: str | None
    firstName: str
    lastName: str


class AddressView(TypedDict):
    street: str
    streetNumber: str
    postCode: str
    city: str
    region: str
    regionCode: str | None
    country: str | None
    countryCode: str


class InvoiceDetailsView(TypedDict):
    """``documentType`` is "invoice", "invoice_39a" or "invoice_vies"."""

    companyName: str
    profession: str
    vatNumber: str
    taxOffice: str
    street: str
    streetNumber: str
    postCode: str
    city: str
    region: str
    documentType: str


class CarrierView(TypedDict):
    shipmentId: int | None
    name: str | None
    deliveryName: str | None
    deliveryKey: str | None
    trackingCodes: str | None
    comments: str | None
    deliveryToCourierEstimationDate: str | None
    deliveryToCustomerEstimationDate: str | None


class PaymentView(TypedDict):
    name: str


class AttributeView(TypedDict):
    name: str
    value: str


class LineView(TypedDict):
    id: int
    sku: str
    merchantEan: str | None
    merchantSku: str
    productName: str
    unitPrice: int
    originalUnitPrice: int
    totalPrice: int
    quantity: int
    sfArticle39Valid: bool
    giftWrap: bool
    extendedAttributes: Sequence[AttributeView]


class InvoiceFileView(TypedDict):
    id: int
    name: str | None
    url: str
    uploadedAt: str


class OrderView(TypedDict):
    """One order."""

    id: str
    state: str
    countryCode: str
    hasInvoice: bool
    subTotalItemsAmount: int
    totalItemsAmount: int
    createdAt: str
    updatedAt: str | None
    expiresAt: str
    dispatchUntil: str
    customer: CustomerView
    addressDetails: AddressView
    invoiceDetails: InvoiceDetailsView | None
    carrier: CarrierView
    payment: PaymentView
    lineItems: Sequence[LineView]
    invoices: Sequence[InvoiceFileView]


class EntryView(TypedDict):
    """An order in a list."""

    id: str
    state: str
    countryCode: str
    hasInvoice: bool
    totalItemsAmount: int
    createdAt: str
    updatedAt: str | None
    customer: CustomerView


class ParamsView(TypedDict):
    """What a list was asked for, and how many orders that is in all."""

    page: int
    itemsPerPage: int
    totalItems: int
    status: str | None
    dateFrom: str
    dateTo: str


class ListView(TypedDict):
    params: ParamsView
    orders: Sequence[Raw]
