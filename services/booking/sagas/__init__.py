"""Every saga of the coordinator; one in flight keeps the version it started with."""

from services.booking.sagas.book import BOOK
from services.booking.sagas.take_up import TAKE_UP

SAGAS = (BOOK, TAKE_UP)
