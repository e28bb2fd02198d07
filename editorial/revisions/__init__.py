"""Revisions of content: snapshots of items, their comparison, and their recording."""
