"""Database triggers. Apps declare them, and `migrate` installs them."""

from triggers.registry import Trigger, faults, install, register

__all__ = ["Trigger", "faults", "install", "register"]
