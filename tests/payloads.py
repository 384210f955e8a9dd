"""Made-up payloads of Shopify, WooCommerce and Amazon, shaped as their public documentation has them."""

from typing import Any

Payload = dict[str, Any]


def money(amount: str, currency: str = "USD") -> Payload:
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {"amount": amount, "currency_code": currency},
    }


# --- Shopify --------------------------------------------------------------------------------------------------------

HOME = {
    "first_name": "Aisha",
    "last_name": "Martinez",
    "name": "Aisha Martinez",
    "company": None,
    "address1": "14205 Ida Street",
    "address2": "Apt 4B",
    "city": "Omaha",
    "province": "Nebraska",
    "province_code": "NE",
    "zip": "68142",
    "country": "United States",
    "country_code": "US",
    "phone": "+14025385759",
    "latitude": 41.3406,
    "longitude": -96.1265,
}
MONTREAL = {
    **HOME,
    "first_name": "Noor",
    "last_name": "Tremblay",
    "name": "Noor Tremblay",
    "address1": "1250 rue Sherbrooke Ouest",
    "address2": "Bureau 300",
    "city": "Montréal",
    "province": "Quebec",
    "province_code": "QC",
    "zip": "H3G 1H7",
    "country": "Canada",
    "country_code": "CA",
    "phone": "+15143984455",
    "latitude": None,
    "longitude": None,
}


def line(id_: int, price: str = "32.00", quantity: int = 1, **more: Any) -> Payload:
    return {
        "id": id_,
        "sku": f"LMP-{id_}-R9",
        "title": "Desk lamp",
        "name": "Desk lamp - Red",
        "variant_title": "Red",
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "price": price,
        "price_set": money(price),
        "total_discount": "0.00",
        "grams": 900,
        "requires_shipping": True,
        "taxable": True,
        "gift_card": False,
        "fulfillment_status": None,
        "fulfillment_service": "manual",
        "properties": [],
        "product_id": 632910392,
        "variant_id": 808950810,
        "vendor": "Lumen",
        "tax_lines": [],
        "discount_allocations": [],
        "duties": [],
        **more,
    }


def shopify(**more: Any) -> Payload:
    """An order of one lamp, paid, not sent yet."""
    return {
        "id": 820982911946154508,
        "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
        "name": "#2041",
        "number": 1041,
        "order_number": 2041,
        "confirmation_number": "AB12CD34E",
        "app_id": 580111,
        "test": False,
        "created_at": "2026-12-01T10:15:00-06:00",
        "updated_at": "2026-12-01T10:16:00-06:00",
        "processed_at": "2026-12-01T10:15:00-06:00",
        "closed_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "currency": "USD",
        "email": "aisha@example.com",
        "contact_email": "aisha@example.com",
        "phone": None,
        "note": None,
        "note_attributes": [],
        "po_number": None,
        "tags": "",
        "source_name": "web",
        "confirmed": True,
        "financial_status": "paid",
        "fulfillment_status": None,
        "fulfillments": [],
        "refunds": [],
        "subtotal_price": "32.00",
        "total_line_items_price": "32.00",
        "total_discounts": "0.00",
        "total_tax": "2.08",
        "total_price": "39.08",
        "total_outstanding": "0.00",
        "total_tip_received": "0.00",
        "total_weight": 900,
        "total_shipping_price_set": money("5.00"),
        "current_total_price": "39.08",
        "taxes_included": False,
        "original_total_duties_set": None,
        "tax_lines": [{"title": "Tax", "price": "2.08", "rate": 0.065}],
        "discount_codes": [],
        "discount_applications": [],
        "shipping_lines": [
            {
                "id": 369256396,
                "title": "Standard",
                "code": "STD",
                "price": "5.00",
                "source": "shopify",
                "delivery_category": None,
                "discounted_price": "5.00",
                "tax_lines": [],
            }
        ],
        "billing_address": dict(HOME),
        "shipping_address": dict(HOME),
        "customer": {
            "id": 207119551,
            "first_name": "Aisha",
            "last_name": "Martinez",
            "email": "aisha@example.com",
            "phone": None,
            "state": "disabled",
            "note": "likes lamps",
            "tags": "vip",
            "default_address": {"id": 1, "province": "Nebraska", "default": True, **HOME},
        },
        "line_items": [line(1)],
        "payment_gateway_names": ["shopify_payments"],
        **more,
    }


def parcel(id_: int, *numbers: str, status: str = "success", shipment: str | None = None) -> Payload:
    return {
        "id": id_,
        "name": f"#2041.{id_}",
        "status": status,
        "shipment_status": shipment,
        "location_id": 655441491,
        "tracking_company": "USPS",
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": list(numbers),
        "tracking_url": None,
        "line_items": [line(id_)],
    }


SHOPIFY: dict[str, Payload] = {
    "plain": {"order": shopify()},
    "a webhook's body, two packages and a failed one": shopify(
        fulfillment_status="partial",
        line_items=[line(1), line(2)],
        total_line_items_price="64.00",
        total_price="71.08",
        fulfillments=[parcel(1, "X0", status="failure"), parcel(2, "X1", "X2"), parcel(3, "X3", shipment="in_transit")],
    ),
    "discounts, a tip and a gift": shopify(
        total_discounts="8.00",
        total_tip_received="3.00",
        total_price="34.08",
        discount_codes=[{"code": "HELLO", "amount": "8.00", "type": "fixed_amount"}],
        note_attributes=[{"name": "Gift message", "value": "Happy birthday"}, {"name": "wrap", "value": "blue"}],
    ),
    "a refund of one of two": shopify(
        line_items=[line(1), line(2, current_quantity=0, fulfillable_quantity=0)],
        total_line_items_price="64.00",
        total_price="71.08",
        current_total_price="39.08",
        financial_status="partially_refunded",
        refunds=[
            {"id": 509562969, "note": "broken", "refund_line_items": [{"id": 1, "quantity": 1, "subtotal": 32.0}]}
        ],
    ),
    "called off and refunded": shopify(
        cancelled_at="2026-12-01T11:00:00-06:00", cancel_reason="customer", financial_status="refunded"
    ),
    "Canada, taxes included, two tax lines": shopify(
        shipping_address=MONTREAL,
        billing_address=MONTREAL,
        currency="CAD",
        taxes_included=True,
        total_tax="4.17",
        total_price="37.00",
        tax_lines=[{"title": "GST", "price": "1.39", "rate": 0.05}, {"title": "QST", "price": "2.78", "rate": 0.09975}],
    ),
    "a company, with a note for the driver and a gate code": shopify(
        shipping_address={**HOME, "company": "Lumen & Sons"},
        po_number="PO-7781",
        note="Gate code #4417, ring at the back",
        company={"id": 1234567, "location_id": 7654321},
    ),
    "local pickup": shopify(
        shipping_address=None, shipping_lines=[{"title": "Old Market", "code": "Old Market", "price": "0.00"}]
    ),
    "a point of sale": shopify(shipping_address=None, billing_address=None, customer=None, email="", source_name="pos"),
    "an item without a product": shopify(line_items=[line(1, sku=None, product_id=None, variant_id=None)]),
}

# --- WooCommerce ----------------------------------------------------------------------------------------------------

PLACE = {
    "first_name": "Keiko",
    "last_name": "Osei",
    "company": "",
    "address_1": "718 Boston Avenue",
    "address_2": "Apt 2",
    "city": "Tulsa",
    "state": "OK",
    "postcode": "74119",
    "country": "US",
}
NOWHERE = dict.fromkeys(PLACE, "")


def woo(**more: Any) -> Payload:
    """An order of two mugs, paid."""
    return {
        "id": 4711,
        "parent_id": 0,
        "number": "4711",
        "order_key": "wc_order_x",
        "created_via": "checkout",
        "version": "9.4.1",
        "status": "processing",
        "currency": "USD",
        "date_created": "2026-12-01T09:12:00",
        "date_created_gmt": "2026-12-01T15:12:00",
        "date_modified": "2026-12-01T09:13:00",
        "date_modified_gmt": "2026-12-01T15:13:00",
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": "7.50",
        "shipping_tax": "0.00",
        "cart_tax": "2.10",
        "total": "39.60",
        "total_tax": "2.10",
        "prices_include_tax": False,
        "customer_id": 26,
        "customer_note": "",
        "payment_method": "stripe",
        "transaction_id": "ch_1",
        "billing": {**PLACE, "email": "keiko@example.com", "phone": "(918) 584-2345"},
        "shipping": {**PLACE, "phone": ""},
        "meta_data": [{"id": 13, "key": "_wc_order_attribution", "value": "x"}],
        "line_items": [
            {
                "id": 31,
                "name": "Mug",
                "product_id": 93,
                "variation_id": 0,
                "quantity": 2,
                "subtotal": "30.00",
                "total": "30.00",
                "total_tax": "2.10",
                "sku": "MUG-2210-K4",
                "price": 15,
                "taxes": [{"id": 1, "total": "2.1", "subtotal": "2.1"}],
                "meta_data": [],
            }
        ],
        "tax_lines": [{"id": 3, "rate_code": "US-OK", "label": "Tax", "tax_total": "2.10"}],
        "shipping_lines": [
            {"id": 5, "method_title": "Flat rate", "method_id": "flat_rate", "instance_id": "4", "total": "7.50"}
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "needs_processing": True,
        "is_editable": False,
        "_links": {"self": [{"href": "https://example.com/wp-json/wc/v3/orders/4711"}]},
        **more,
    }


WOOCOMMERCE: dict[str, Payload | list[Payload]] = {
    "plain": woo(),
    "a coupon and a fee": woo(
        discount_total="3.00",
        total="38.60",
        fee_lines=[{"id": 6, "name": "Gift wrap", "total": "2.00"}],
        coupon_lines=[{"id": 7, "code": "hello", "discount": "3.00"}],
    ),
    "refunded": woo(status="refunded", refunds=[{"id": 8, "reason": "", "total": "-39.60"}]),
    "refunded in part, delivered": woo(
        status="completed", refunds=[{"id": 8, "reason": "one broke", "total": "-15.00"}]
    ),
    "not paid": woo(status="failed"),
    "two tracked packages": woo(
        status="completed",
        meta_data=[
            {
                "id": 9,
                "key": "_wc_shipment_tracking_items",
                "value": [
                    {
                        "tracking_id": "p1",
                        "tracking_provider": "usps",
                        "tracking_number": "T1",
                        "date_shipped": 1796083200,
                    },
                    {"tracking_id": "p2", "tracking_provider": "usps", "tracking_number": "T2"},
                ],
            }
        ],
    ),
    "a company in Canada": woo(
        currency="CAD",
        shipping={
            **NOWHERE,
            "first_name": "Noor",
            "last_name": "Tremblay",
            "company": "Atelier Tremblay",
            "address_1": "1250 rue Sherbrooke Ouest",
            "address_2": "Bureau 300",
            "city": "Montréal",
            "state": "QC",
            "postcode": "H3G 1H7",
            "country": "CA",
            "phone": "514-398-4455",
        },
    ),
    "another recipient, with instructions": woo(
        shipping={**PLACE, "first_name": "Aisha", "last_name": "Martinez"},
        customer_note="Leave with the neighbour at 720, door code 2244",
    ),
    "no product codes": woo(
        line_items=[{"id": 1, "name": "Mug", "quantity": 1, "subtotal": "30.00", "sku": "", "price": 30}]
    ),
    "local pickup": woo(
        shipping=NOWHERE,
        shipping_lines=[{"method_title": "Local pickup", "method_id": "local_pickup", "total": "0.00"}],
    ),
    "a list": [woo(), woo(id=4712, number="4712", status="on-hold")],
}

# --- Amazon ---------------------------------------------------------------------------------------------------------


def amazon_v0(**more: Any) -> Payload:
    """A merchant-fulfilled order of two mugs, its items and address put in."""
    return {
        "AmazonOrderId": "903-4163896-1390917",
        "SellerOrderId": "903-4163896-1390917",
        "PurchaseDate": "2026-12-01T09:49:35Z",
        "LastUpdateDate": "2026-12-01T10:00:00Z",
        "OrderStatus": "Unshipped",
        "FulfillmentChannel": "MFN",
        "SalesChannel": "Amazon.com",
        "ShipServiceLevel": "Std US D2D Dom",
        "OrderTotal": {"CurrencyCode": "USD", "Amount": "45.10"},
        "NumberOfItemsShipped": 0,
        "NumberOfItemsUnshipped": 2,
        "PaymentMethod": "Other",
        "PaymentMethodDetails": ["Standard"],
        "MarketplaceId": "ATVPDKIKX0DER",
        "ShipmentServiceLevelCategory": "Standard",
        "OrderType": "StandardOrder",
        "EarliestShipDate": "2026-12-02T08:00:00Z",
        "LatestShipDate": "2026-12-03T07:59:59Z",
        "EarliestDeliveryDate": "2026-12-04T08:00:00Z",
        "LatestDeliveryDate": "2026-12-09T07:59:59Z",
        "IsBusinessOrder": False,
        "IsPrime": False,
        "IsAccessPointOrder": False,
        "IsReplacementOrder": False,
        "IsSoldByAB": False,
        "IsISPU": False,
        "BuyerInfo": {"BuyerEmail": "x1y2z3@marketplace.amazon.com", "BuyerName": "Keiko Osei"},
        "ShippingAddress": {
            "Name": "Keiko Osei",
            "AddressLine1": "718 Boston Avenue",
            "AddressLine2": "Apt 2",
            "City": "Tulsa",
            "County": "Tulsa",
            "StateOrRegion": "OK",
            "PostalCode": "74119-1234",
            "CountryCode": "US",
            "Phone": "+1 480-386-0930 ext. 73824",
            "AddressType": "Residential",
        },
        "OrderItems": [
            {
                "ASIN": "B00000TEST",
                "SellerSKU": "MUG-2210-K4",
                "OrderItemId": "68828574383266",
                "Title": "Mug",
                "QuantityOrdered": 2,
                "QuantityShipped": 0,
                "ProductInfo": {"NumberOfItems": "1"},
                "ItemPrice": {"CurrencyCode": "USD", "Amount": "40.00"},
                "ItemTax": {"CurrencyCode": "USD", "Amount": "5.10"},
                "IsGift": "false",
                "ConditionId": "New",
            }
        ],
        **more,
    }


def without(payload: Payload, *names: str) -> Payload:
    return {name: value for name, value in payload.items() if name not in names}


def amazon_2026(**more: Any) -> Payload:
    """An order of one lamp, on its way."""
    return {
        "orderId": "202-1234567-0000001",
        "orderAliases": [{"aliasId": "S-1", "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": "2026-11-29T09:15:00Z",
        "lastUpdatedTime": "2026-12-01T16:30:00Z",
        "programs": ["PRIME"],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "ATVPDKIKX0DER", "marketplaceName": "Amazon.com"},
        "buyer": {"buyerName": "Keiko Osei", "buyerEmail": "q7@marketplace.amazon.com"},
        "recipient": {
            "deliveryAddress": {
                "name": "Keiko Osei",
                "addressLine1": "718 Boston Avenue",
                "addressLine2": "Apt 2",
                "city": "Tulsa",
                "stateOrRegion": "OK",
                "postalCode": "74119",
                "countryCode": "US",
                "phone": "+1 918-584-2345",
                "addressType": "RESIDENTIAL",
            }
        },
        "proceeds": {
            "grandTotal": {"amount": "30.00", "currencyCode": "USD"},
            "breakdowns": [
                {"type": "ITEM", "subtotal": {"amount": "25.00", "currencyCode": "USD"}},
                {"type": "SHIPPING", "subtotal": {"amount": "3.00", "currencyCode": "USD"}},
                {"type": "TAX", "subtotal": {"amount": "2.00", "currencyCode": "USD"}},
            ],
        },
        "fulfillment": {
            "fulfillmentStatus": "UNSHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {"earliestDateTime": "2026-12-01T00:00:00Z", "latestDateTime": "2026-12-02T23:59:59Z"},
            "deliverByWindow": {"earliestDateTime": "2026-12-03T00:00:00Z", "latestDateTime": "2026-12-06T23:59:59Z"},
        },
        "orderItems": [
            {
                "orderItemId": "20212345678901",
                "quantityOrdered": 1,
                "product": {
                    "asin": "B00000TEST",
                    "title": "Lamp",
                    "sellerSku": "LMP-1496-R9",
                    "condition": {"conditionType": "NEW"},
                    "price": {"unitPrice": {"amount": "25.00", "currencyCode": "USD"}},
                },
                "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 1},
            }
        ],
        **more,
    }


AMAZON: dict[str, Payload] = {
    "v0": {"payload": {"Orders": [amazon_v0()], "NextToken": "x"}},
    "v0, its items not asked for": {"payload": without(amazon_v0(), "OrderItems")},
    "v0, to a pickup point": amazon_v0(
        IsAccessPointOrder=True,
        ShippingAddress={
            "Name": "Keiko Osei c/o Amazon Locker - Tern",
            "AddressLine1": "718 Boston Avenue",
            "City": "Tulsa",
            "StateOrRegion": "OK",
            "PostalCode": "74119",
            "CountryCode": "US",
            "AddressType": "Commercial",
        },
    ),
    "v0, a business that says how to get in": amazon_v0(
        IsBusinessOrder=True,
        BuyerCompanyName="Lumen & Sons",
        BuyerInfo={"BuyerEmail": "b@marketplace.amazon.com", "PurchaseOrderNumber": "PO-7781"},
        DeliveryPreferences={
            "DropOffLocation": "Front desk",
            "AddressInstructions": "Access code 2244, third floor",
            "PreferredDeliveryTime": {
                "BusinessHours": [{"DayOfWeek": "MON", "OpenIntervals": []}],
                "ExceptionDates": [],
            },
            "OtherAttributes": ["HAS_ACCESS_POINT"],
        },
    ),
    "v0, a gift, gift-wrapped, with a promotion": amazon_v0(
        OrderTotal={"CurrencyCode": "USD", "Amount": "44.10"},
        OrderItems=[
            {
                **amazon_v0()["OrderItems"][0],
                "IsGift": "true",
                "PromotionDiscount": {"CurrencyCode": "USD", "Amount": "4.00"},
                "PromotionIds": ["PROMO"],
                "BuyerInfo": {"GiftMessageText": "Enjoy", "GiftWrapPrice": {"CurrencyCode": "USD", "Amount": "3.00"}},
            }
        ],
    ),
    "v0, called off": amazon_v0(OrderStatus="Canceled", NumberOfItemsUnshipped=0),
    "v0, address in part": amazon_v0(
        OrderStatus="Unshipped",
        BuyerInfo={"BuyerEmail": "x@marketplace.amazon.com"},
        ShippingAddress={"City": "Tulsa", "StateOrRegion": "OK", "PostalCode": "74119", "CountryCode": "US"},
    ),
    "v0, an appointment": amazon_v0(
        OrderItems=[
            {
                **amazon_v0()["OrderItems"][0],
                "ScheduledDeliveryStartDate": "2026-12-04T15:00:00Z",
                "ScheduledDeliveryEndDate": "2026-12-04T17:00:00Z",
            }
        ],
    ),
    "2026": {"order": amazon_2026()},
    "2026, two packages, one called off": {
        "order": amazon_2026(
            fulfillment={**amazon_2026()["fulfillment"], "fulfillmentStatus": "SHIPPED"},
            packages=[
                {
                    "packageReferenceId": "P1",
                    "carrier": "USPS",
                    "trackingNumber": "X1",
                    "packageStatus": {"status": "IN_TRANSIT", "detailedStatus": "OUT_FOR_DELIVERY"},
                    "shipFromAddress": {
                        "name": "North Dock",
                        "addressLine1": "2201 Westlake Avenue",
                        "city": "Seattle",
                        "stateOrRegion": "WA",
                        "postalCode": "98121",
                        "countryCode": "US",
                    },
                },
                {
                    "packageReferenceId": "P2",
                    "carrier": "USPS",
                    "trackingNumber": "X2",
                    "packageStatus": {"status": "CANCELLED"},
                },
            ],
        )
    },
    "2026, a search's page with a cancelled one": {
        "orders": [
            amazon_2026(),
            amazon_2026(orderId="202-1234567-0000002", fulfillment={"fulfillmentStatus": "CANCELLED"}),
        ],
        "pagination": {"nextToken": "x"},
    },
    "2026, a company in Canada that says where to leave it": amazon_2026(
        recipient={
            "deliveryAddress": {
                "name": "Noor Tremblay",
                "companyName": "Atelier Tremblay",
                "addressLine1": "1250 rue Sherbrooke Ouest",
                "addressLine2": "Bureau 300",
                "city": "Montréal",
                "stateOrRegion": "QC",
                "postalCode": "H3G 1H7",
                "countryCode": "CA",
                "phone": "+1 514-398-4455",
            },
            "deliveryPreference": {"dropOffLocation": "RECEPTIONIST", "addressInstruction": "Code 2244 à l'entrée"},
        },
    ),
}
