from alliance.models.activities import Activity, Deliverable, Initiative, InitiativePart, Task
from alliance.models.alliance import Alliance, AudienceBenefit, Figure, KeyArea
from alliance.models.entry_points import EntryPoint
from alliance.models.milestones import Milestone

__all__ = [
    "Activity",
    "Alliance",
    "AudienceBenefit",
    "Deliverable",
    "EntryPoint",
    "Figure",
    "Initiative",
    "InitiativePart",
    "KeyArea",
    "Milestone",
    "Task",
]
