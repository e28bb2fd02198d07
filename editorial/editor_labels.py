"""Labels of the rich text editor, which has only English ones in its code."""

from django.utils.translation import gettext_lazy as _

# Label in the code of django-prose-editor → label of this site.
EDITOR_LABELS = {
    "paragraph": _("Paragraph"),
    "Paragraph": _("Paragraph"),
    "heading 2": _("Heading 2"),
    "Heading 2": _("Heading 2"),
    "heading 3": _("Heading 3"),
    "Heading 3": _("Heading 3"),
    "unordered list": _("Bulleted list"),
    "ordered list": _("Numbered list"),
    "blockquote": _("Quotation"),
    "bold": _("Bold"),
    "italic": _("Italic"),
    "undo": _("Undo"),
    "redo": _("Redo"),
    "insert link": _("Link"),
    "remove link": _("Remove the link"),
    "edit HTML": _("Edit HTML"),
    # Dialogs.
    "Edit HTML": _("Edit HTML"),
    "The HTML contents of the editor. Note that the allowed HTML is restricted by the editor schema.": _(
        "The text as HTML. Elements that the editor does not offer are removed."
    ),
    "Prettify": _("Indent the lines"),
    "Edit Link": _("Link"),
    "URL": _("Web address"),
    "Title": _("Title"),
    "List properties": _("Numbering of the list"),
    "Start at": _("Start at"),
    "List type": _("Numbers"),
    "Bullets": _("Bullets"),
    "Update": _("OK"),
    "Cancel": _("Cancel"),
}
