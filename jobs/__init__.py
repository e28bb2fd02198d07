"""Recurring work: one list of jobs, which one process at a time carries out."""

from jobs.registry import register

__all__ = ["register"]
