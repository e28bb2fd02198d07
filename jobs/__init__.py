"""Recurring jobs: a registry, and a runner in one server process at a time."""

from jobs.registry import register

__all__ = ["register"]
