"""`expand[]`: ids turned into the objects they name."""

from sandbox.stripe.account import PREFIXES, Account, public
from sandbox.stripe.errors import ParameterError
from sandbox.stripe.lists import as_list
from sandbox.stripe.sessions import items_of
from sandbox.world import Document

_DEEPEST = 4
_OBJECT_OF = {prefix: object for object, prefix in PREFIXES.items()}


def rendered(account: Account, document: Document, paths: list[str]) -> Document:
    """The object as it goes over the wire, with the asked-for parts in full."""
    if document["object"] in ("list", "search_result"):
        inner = [_after(path, "data") for path in paths]
        return document | {"data": [rendered(account, entry, inner) for entry in document["data"]]}
    shown = public(document)
    for path in paths:
        if path.count(".") >= _DEEPEST:
            raise ParameterError("You cannot expand more than 4 levels of a property", param="expand")
        field, _, rest = path.partition(".")
        shown[field] = _expanded(account, document, shown, field, [rest] if rest else [])
    return shown


def _after(path: str, field: str) -> str:
    first, _, rest = path.partition(".")
    if first != field or not rest:
        raise _not_expandable(first)
    return rest


def _expanded(account: Account, document: Document, shown: Document, field: str, rest: list[str]) -> object:
    if document["object"] == "checkout.session" and field == "line_items":
        lines = items_of(document)
        return lines | {"data": [public(line) for line in lines["data"]]}
    if document["object"] == "charge" and field == "refunds":
        refunds = account.find("refund", ("charge", "=", document["id"]))[::-1]
        page = as_list(refunds, f"/v1/charges/{document['id']}/refunds")
        return rendered(account, page, rest)
    value = shown.get(field)
    if isinstance(value, dict):
        # Asked for twice: `latest_charge` and `latest_charge.balance_transaction`.
        return rendered(account, value, rest) if "object" in value else value
    if value is None and field in shown:
        return None
    object = _object(value)
    if object is None:
        raise _not_expandable(field)
    return rendered(account, account.load(object, str(value)), rest)


def _object(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return next((object for prefix, object in _OBJECT_OF.items() if value.startswith(prefix)), None)


def _not_expandable(field: str) -> ParameterError:
    return ParameterError(
        f"This property cannot be expanded ({field}). You may want to try expanding 'data.{field}' instead.",
        param="expand",
    )
