"""What the pages show: the same answers that the API gives."""

from contextlib import suppress

from services.gateway.access import Access
from services.gateway.bookings import Bookings, Json
from services.gateway.clients import Peers, ServiceUnavailable
from services.gateway.edge import known_form


class Views:
    """Reads for the pages. Raises the services' refusals."""

    def __init__(self, peers: Peers, bookings: Bookings) -> None:
        self._peers = peers
        self._bookings = bookings

    async def businesses(self) -> Json:
        return await self._peers.booking.read("/businesses")

    async def business(self, slug: str) -> Json:
        return await self._peers.booking.read(f"/businesses/{known_form(slug)}")

    async def offerings(self, slug: str) -> Json:
        return await self._peers.booking.read(f"/businesses/{known_form(slug)}/offerings")

    async def offering(self, id: str) -> Json:
        return await self._peers.booking.read(f"/offerings/{known_form(id)}")

    async def booking(self, id: str, token: str | None) -> Json:
        return await self._bookings.read(known_form(id), Access(False, token, "customer"))

    async def left(self, booking_id: str, token: str) -> Json:
        """Tell the payment that the customer came back without paying, and show the booking."""
        path = f"/payments/{known_form(booking_id)}/left"
        # When the payment cannot be told, its deadline stands, and the page is shown all the same.
        with suppress(ServiceUnavailable):
            await self._peers.payment.ask("POST", path, query={"token": token})
        return await self.booking(booking_id, None)
