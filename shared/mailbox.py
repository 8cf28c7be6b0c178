"""E-mail addresses that a letter can really be sent to."""

from email.errors import MessageError
from email.headerregistry import Address


def mailbox(name: str, address: str) -> Address:
    """The address as headers and servers take it; ValueError when it is none."""
    local, _, domain = address.strip().rpartition("@")
    try:
        # Domains in other scripts travel in ASCII; names in other scripts need a server with SMTPUTF8.
        domain = domain.encode("idna").decode()
        if not local or not domain:
            raise ValueError("an address has a name, an @ and a domain")
        if local.isascii():
            return Address(name, addr_spec=f"{local}@{domain}")
        return Address(name, username=local, domain=domain)
    except (ValueError, IndexError, MessageError) as error:
        raise ValueError(f"{address!r} is not an e-mail address: {error}") from error
