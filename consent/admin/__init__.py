"""Admin of consent, for privacy officers."""

from consent.admin import audit, decisions, evidence, notice, policy, third_party

__all__ = ["audit", "decisions", "evidence", "notice", "policy", "third_party"]
