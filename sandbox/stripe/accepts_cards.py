"""Which parameters each call about cards and their owners takes."""

from sandbox.stripe.parameters import Choice, Fields, Flag, Kind, Loose, Many, Metadata, Range, Text, Whole

EXPAND: dict[str, Kind] = {"expand": Many(Text())}
PAGING: dict[str, Kind] = {
    **EXPAND,
    "limit": Whole(least=1, most=100),
    "starting_after": Text(),
    "ending_before": Text(),
}
RETIRED = ("payment_method_types",)

ADDRESS = Fields(
    {key: Text(clearable=True) for key in ("city", "country", "line1", "line2", "postal_code", "state")}
)
BILLING = Fields(
    {
        "address": ADDRESS,
        "email": Text(clearable=True),
        "name": Text(clearable=True),
        "phone": Text(clearable=True),
        "tax_id": Text(clearable=True),
    }
)
CARD = Fields(
    {
        "number": Text(),
        "exp_month": Whole(least=1, most=12),
        "exp_year": Whole(),
        "cvc": Text(),
        "token": Text(),
        "networks": Loose(),
    }
)
_METHOD: dict[str, Kind] = {
    "type": Choice("card"),
    "billing_details": BILLING,
    "metadata": Metadata(),
    "allow_redisplay": Choice("always", "limited", "unspecified"),
    "radar_options": Loose(),
}
METHOD_DATA = Fields(_METHOD, required=("type",))
# Only a browser may send card numbers along with an intent.
METHOD_DATA_WITH_CARD = Fields({**_METHOD, "card": CARD}, required=("type",))

_PERSON: dict[str, Kind] = {
    **EXPAND,
    "address": Loose(),
    "description": Text(clearable=True),
    "email": Text(clearable=True),
    "invoice_settings": Fields({"default_payment_method": Text(clearable=True)}),
    "metadata": Metadata(),
    "name": Text(clearable=True),
    "phone": Text(clearable=True),
    "preferred_locales": Many(Text()),
    "shipping": Loose(),
}
CUSTOMER_CREATE = Fields({**_PERSON, "payment_method": Text()})
CUSTOMER_UPDATE = Fields(_PERSON)
CUSTOMER_LIST = Fields({**PAGING, "created": Range(), "email": Text()})

METHOD_CREATE = Fields({**_METHOD, **EXPAND, "card": CARD, "customer": Text()})
METHOD_UPDATE = Fields(
    {
        **EXPAND,
        "allow_redisplay": Choice("always", "limited", "unspecified"),
        "billing_details": BILLING,
        "card": Fields({"exp_month": Whole(least=1, most=12), "exp_year": Whole()}),
        "metadata": Metadata(),
    }
)
METHOD_ATTACH = Fields({**EXPAND, "customer": Text()}, required=("customer",))
METHOD_LIST_OF_CUSTOMER = Fields({**PAGING, "type": Choice("card"), "allow_redisplay": Text()})
METHOD_LIST = Fields({**PAGING, "customer": Text(), "type": Choice("card"), "allow_redisplay": Text()})

_SETTING_UP: dict[str, Kind] = {
    **EXPAND,
    "allowed_payment_method_types": Many(Text()),
    "mandate_data": Loose(),
    "payment_method": Text(),
    "payment_method_data": METHOD_DATA,
    "payment_method_options": Loose(),
    "return_url": Text(),
    "use_stripe_sdk": Flag(),
}
SETUP_CREATE = Fields(
    {
        **_SETTING_UP,
        "automatic_payment_methods": Fields(
            {"enabled": Flag(), "allow_redirects": Choice("always", "never")}, required=("enabled",)
        ),
        "confirm": Flag(),
        "customer": Text(),
        "description": Text(),
        "metadata": Metadata(),
        "excluded_payment_method_types": Many(Text()),
        "usage": Choice("off_session", "on_session"),
    },
    retired=RETIRED,
)
SETUP_CONFIRM = Fields(_SETTING_UP, retired=RETIRED)
SETUP_CONFIRM_BY_BROWSER = Fields(
    {**_SETTING_UP, "client_secret": Text(), "payment_method_data": METHOD_DATA_WITH_CARD}, retired=RETIRED
)
SETUP_CANCEL = Fields(
    {**EXPAND, "cancellation_reason": Choice("abandoned", "duplicate", "requested_by_customer")}
)
SETUP_LIST = Fields({**PAGING, "created": Range(), "customer": Text(), "payment_method": Text()})
