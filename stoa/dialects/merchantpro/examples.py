"""Bodies that work as they stand, for the OpenAPI document and whoever reads it."""

NEW_ORDER: dict[str, object] = {
    "payment_status": "awaiting",
    "payment_method_code": "cash_delivery",
    "shipping_status": "awaiting",
    "shipping_amount": 15,
    "customer_email": "john.smith@example.com",
    "billing_type": "individual",
    "billing_name": "John Smith",
    "billing_country_code": "RO",
    "shipping_name": "John Smith",
    "shipping_country_code": "RO",
    "shipping_state": "Bucuresti",
    "shipping_city": "Bucuresti",
    "shipping_address": "str Rose Hill, nr. 45",
    "line_items": [
        {
            "product_id": 5087,
            "product_sku": "V01-39",
            "product_name": "Shoes Inko Nude 2",
            "product_tax_percent": 19,
            "quantity": 1,
            "unit_price_gross": 109,
        }
    ],
}

CHANGES: dict[str, object] = {"shipping_amount": 15, "tags": [{"name": "Excelent feedback"}]}
