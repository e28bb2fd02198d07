"""Database triggers: apps declare them, `migrate` brings the database in line with the declarations."""

from triggers.registry import Trigger, faults, install, register

__all__ = ["Trigger", "faults", "install", "register"]
