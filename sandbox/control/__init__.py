"""The sandbox by HTTP: everything its page can do."""

from sandbox.control.routes import control_routes

__all__ = ["control_routes"]
