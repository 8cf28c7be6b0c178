"""Customers: whom saved cards belong to."""

from typing import Any

from sandbox.stripe import payment_methods
from sandbox.stripe.account import Account
from sandbox.stripe.lists import equal, listing
from sandbox.stripe.parameters import merged
from sandbox.world import Document

_COPIED = ("address", "description", "email", "name", "phone", "shipping")


def make(account: Account, params: dict[str, Any]) -> Document:
    """A new customer, written on the log."""
    customer = account.new(
        "customer",
        **{field: params.get(field) for field in _COPIED},
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        discount=None,
        invoice_prefix=account.world.new_id("", 8).upper(),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        }
        | params.get("invoice_settings", {}),
        metadata=merged({}, params.get("metadata")),
        preferred_locales=params.get("preferred_locales", []),
        tax_exempt="none",
        test_clock=None,
    )
    account.save(customer)
    account.emit("customer.created", customer)
    return customer


def create(account: Account, params: dict[str, Any]) -> Document:
    customer = make(account, params)
    if "payment_method" in params:
        method = payment_methods.resolve(account, params["payment_method"])
        payment_methods.attach_to(account, method, customer["id"])
    return customer


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("customer", id)


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    customer = account.load("customer", id)
    before = {field: customer[field] for field in params if field in customer}
    customer.update({field: params[field] for field in (*_COPIED, "preferred_locales") if field in params})
    customer["invoice_settings"] |= params.get("invoice_settings", {})
    customer["metadata"] = merged(customer["metadata"], params.get("metadata"))
    account.save(customer)
    account.emit("customer.updated", customer, before)
    return customer


def delete(account: Account, params: dict[str, Any], id: str) -> Document:
    customer = account.load("customer", id)
    account.world.delete("stripe.customer", id)
    account.emit("customer.deleted", customer)
    for method in account.find("payment_method", ("customer", "=", id)):
        account.save(method | {"customer": None})
    return {"id": id, "object": "customer", "deleted": True}


def list_all(account: Account, params: dict[str, Any]) -> Document:
    return listing(account, "customer", params, "/v1/customers", *equal(params, "email"))
