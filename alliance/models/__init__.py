from alliance.models.activities import Activity, Deliverable, Initiative, InitiativePart, Task
from alliance.models.alliance import Alliance, AudienceBenefit, Figure, KeyArea
from alliance.models.contacts import Contact
from alliance.models.entry_points import EntryPoint
from alliance.models.lines import Line
from alliance.models.milestones import Milestone
from alliance.models.projects import Project

__all__ = [
    "Activity",
    "Alliance",
    "AudienceBenefit",
    "Contact",
    "Deliverable",
    "EntryPoint",
    "Figure",
    "Initiative",
    "InitiativePart",
    "KeyArea",
    "Line",
    "Milestone",
    "Project",
    "Task",
]
