"""Which parameters each call takes. Anything else is refused, as Stripe does."""

from sandbox.stripe.accepts_cards import EXPAND, METHOD_DATA, METHOD_DATA_WITH_CARD, PAGING, RETIRED
from sandbox.stripe.parameters import Choice, Fields, Flag, Kind, Loose, Many, Metadata, Range, Text, Whole

_CAPTURE = Choice("automatic", "automatic_async", "manual")
_REUSE = Choice("off_session", "on_session", clearable=True)

NOTHING = Fields(EXPAND)
NOT_EVEN_EXPAND = Fields({})
PAGE = Fields(PAGING)
PAGE_CREATED = Fields({**PAGING, "created": Range()})

_INTENT_SHARED: dict[str, Kind] = {
    **EXPAND,
    "allowed_payment_method_types": Many(Text()),
    "amount_details": Loose(),
    "capture_method": _CAPTURE,
    "excluded_payment_method_types": Many(Text(), clearable=True),
    "payment_details": Loose(),
    "payment_method": Text(),
    "payment_method_data": METHOD_DATA,
    "payment_method_options": Loose(),
    "receipt_email": Text(clearable=True),
    "setup_future_usage": _REUSE,
    "shipping": Loose(),
}
_CONFIRMING: dict[str, Kind] = {
    "error_on_requires_action": Flag(),
    "mandate_data": Loose(),
    "off_session": Flag(words=("one_off", "recurring")),
    "radar_options": Loose(),
    "return_url": Text(),
    "use_stripe_sdk": Flag(),
}
_DESCRIBING: dict[str, Kind] = {
    "customer": Text(),
    "description": Text(clearable=True),
    "metadata": Metadata(),
    "statement_descriptor": Text(longest=22),
    "statement_descriptor_suffix": Text(longest=22),
    "transfer_group": Text(),
}
INTENT_CREATE = Fields(
    {
        **_INTENT_SHARED,
        **_CONFIRMING,
        **_DESCRIBING,
        "amount": Whole(),
        "currency": Text(),
        "automatic_payment_methods": Fields(
            {"enabled": Flag(), "allow_redirects": Choice("always", "never")}, required=("enabled",)
        ),
        "confirm": Flag(),
        "confirmation_method": Choice("automatic", "manual"),
    },
    required=("amount", "currency"),
    retired=RETIRED,
)
INTENT_UPDATE = Fields(
    {**_INTENT_SHARED, **_DESCRIBING, "amount": Whole(), "currency": Text()}, retired=RETIRED
)
_CONFIRM: dict[str, Kind] = {**_INTENT_SHARED, **_CONFIRMING, "amount_to_confirm": Whole()}
INTENT_CONFIRM = Fields(_CONFIRM, retired=RETIRED)
INTENT_CONFIRM_BY_BROWSER = Fields(
    {**_CONFIRM, "client_secret": Text(), "payment_method_data": METHOD_DATA_WITH_CARD}, retired=RETIRED
)
INTENT_RETRIEVE = Fields({**EXPAND, "client_secret": Text()})
INTENT_CAPTURE = Fields(
    {
        **EXPAND,
        "amount_details": Loose(),
        "amount_to_capture": Whole(),
        "final_capture": Flag(),
        "metadata": Metadata(),
        "payment_details": Loose(),
        "statement_descriptor": Text(longest=22),
        "statement_descriptor_suffix": Text(longest=22),
    }
)
INTENT_CANCEL = Fields(
    {
        **EXPAND,
        "cancellation_reason": Choice("abandoned", "duplicate", "fraudulent", "requested_by_customer"),
    }
)
INTENT_LIST = Fields({**PAGING, "created": Range(), "customer": Text()})
SEARCH = Fields(
    {**EXPAND, "query": Text(), "limit": Whole(least=1, most=100), "page": Text()}, required=("query",)
)

PRODUCT_DATA = Fields(
    {
        "name": Text(),
        "description": Text(),
        "images": Many(Text()),
        "metadata": Metadata(),
        "tax_code": Text(),
        "unit_label": Text(),
    },
    required=("name",),
)
PRICE_DATA = Fields(
    {
        "currency": Text(),
        "product": Text(),
        "product_data": PRODUCT_DATA,
        "unit_amount": Whole(least=0),
        "tax_behavior": Choice("exclusive", "inclusive", "unspecified"),
    },
    required=("currency",),
)
LINE_ITEM = Fields(
    {"price_data": PRICE_DATA, "quantity": Whole(least=1, most=999_999), "metadata": Metadata()},
    required=("price_data",),
)
SESSION_CREATE = Fields(
    {
        **EXPAND,
        "allow_promotion_codes": Flag(),
        "allowed_payment_method_types": Many(Text()),
        "branding_settings": Fields(
            {
                "background_color": Text(clearable=True),
                "border_style": Choice("pill", "rectangular", "rounded", clearable=True),
                "button_color": Text(clearable=True),
                "display_name": Text(),
                "font_family": Text(clearable=True),
                "icon": Loose(),
                "logo": Loose(),
            }
        ),
        "billing_address_collection": Choice("auto", "required"),
        "cancel_url": Text(),
        "client_reference_id": Text(longest=200),
        "currency": Text(),
        "custom_text": Loose(),
        "customer": Text(),
        "customer_creation": Choice("always", "if_required"),
        "customer_email": Text(),
        "excluded_payment_method_types": Many(Text()),
        "expires_at": Whole(),
        "integration_identifier": Text(),
        "line_items": Many(LINE_ITEM),
        "locale": Text(),
        "metadata": Metadata(),
        "mode": Choice("payment", "setup", "subscription"),
        "payment_intent_data": Fields(
            {
                "capture_method": _CAPTURE,
                "description": Text(),
                "metadata": Metadata(),
                "receipt_email": Text(),
                "setup_future_usage": _REUSE,
                "statement_descriptor": Text(longest=22),
                "statement_descriptor_suffix": Text(longest=22),
                "transfer_group": Text(),
            }
        ),
        "payment_method_options": Loose(),
        "phone_number_collection": Fields({"enabled": Flag()}, required=("enabled",)),
        "submit_type": Choice("auto", "book", "donate", "pay", "subscribe"),
        "success_url": Text(),
        "ui_mode": Choice("elements", "embedded_page", "form", "hosted_page"),
    },
    retired=RETIRED,
)
SESSION_UPDATE = Fields({**EXPAND, "metadata": Metadata()})
SESSION_LIST = Fields(
    {
        **PAGING,
        "created": Range(),
        "customer": Text(),
        "customer_details": Fields({"email": Text()}, required=("email",)),
        "payment_intent": Text(),
        "payment_link": Text(),
        "status": Choice("complete", "expired", "open"),
    }
)

REFUND_CREATE = Fields(
    {
        **EXPAND,
        "amount": Whole(),
        "charge": Text(),
        "payment_intent": Text(),
        "metadata": Metadata(),
        "reason": Choice("duplicate", "fraudulent", "requested_by_customer"),
    },
)
DESCRIBE = Fields({**EXPAND, "metadata": Metadata()})
REFUND_LIST = Fields({**PAGING, "created": Range(), "charge": Text(), "payment_intent": Text()})
CHARGE_LIST = Fields({**PAGING, "created": Range(), "customer": Text(), "payment_intent": Text()})
CHARGE_UPDATE = Fields(
    {
        **EXPAND,
        "description": Text(clearable=True),
        "metadata": Metadata(),
        "receipt_email": Text(clearable=True),
        "shipping": Loose(),
        "transfer_group": Text(),
        "customer": Text(),
    }
)
DISPUTE_LIST = Fields({**PAGING, "created": Range(), "charge": Text(), "payment_intent": Text()})
_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
    "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation",
    "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip
DISPUTE_UPDATE = Fields(
    {
        **EXPAND,
        "evidence": Fields({name: Text(clearable=True, longest=150_000) for name in _EVIDENCE}),
        "metadata": Metadata(),
        "submit": Flag(),
    }
)
BALANCE_LIST = Fields({**PAGING, "created": Range(), "currency": Text(), "source": Text(), "type": Text()})
EVENT_LIST = Fields(
    {**PAGING, "created": Range(), "delivery_success": Flag(), "type": Text(), "types": Many(Text())}
)

ENDPOINT_CREATE = Fields(
    {
        **EXPAND,
        "api_version": Text(),
        "description": Text(clearable=True),
        "enabled_events": Many(Text()),
        "metadata": Metadata(),
        "url": Text(),
    },
    required=("enabled_events", "url"),
)
ENDPOINT_UPDATE = Fields(
    {
        **EXPAND,
        "description": Text(clearable=True),
        "disabled": Flag(),
        "enabled_events": Many(Text()),
        "metadata": Metadata(),
        "url": Text(),
    }
)
