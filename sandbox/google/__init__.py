"""Google Calendar, as far as Holdfast can see it."""

from sandbox.google.accounts import google_credentials
from sandbox.google.channels import Channels
from sandbox.google.faults import GOOGLE_FAULTS
from sandbox.google.routes import google_routes

__all__ = ["GOOGLE_FAULTS", "Channels", "google_credentials", "google_routes"]
