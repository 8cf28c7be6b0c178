"""The sandbox's own page."""

from sandbox.page.routes import page_routes

__all__ = ["page_routes"]
