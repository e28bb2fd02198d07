"""Block of the dashboard: messages of visitors that wait for an answer."""

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from editorial.dashboard import MAX_LINES, Block, Line, moment
from feedback.models import Message

LIST_URL = reverse_lazy("admin:feedback_message_changelist")


def messages_to_answer(user: User | AnonymousUser) -> Block | None:
    if not user.has_perm("feedback.change_message"):
        return None
    waiting = Message.objects.filter(state=Message.State.NEW).order_by("received_at").only("received_at")
    lines = [
        Line(str(message), reverse("admin:feedback_message_change", args=[message.pk]), moment(message.received_at))
        for message in waiting[: MAX_LINES + 1]
    ]
    return Block(_("Messages to answer"), _("All messages are answered."), lines, f"{LIST_URL}?state__exact=new")
