// The rich text editor adds an inline style element unless there is one already. The Content-Security-Policy blocks
// inline styles, so this element is empty and the styles are in admin.css.
const styleElement = document.createElement("style");
styleElement.nonce = document.currentScript.nonce;
styleElement.dataset.tiptapStyle = "";
document.head.append(styleElement);

// The labels are below, in templates/editorial/rich_text.html. The editor asks this function for those of its dialogs.
let labels;
const adminGettext = window.gettext;
window.gettext = (text) => {
  labels ??= JSON.parse(document.querySelector("#editor-labels")?.textContent ?? "{}");
  return labels[text] ?? adminGettext?.(text) ?? text;
};

// The labels of buttons are English in the code of the editor.
function translateButton(button) {
  if (button.title) {
    button.title = window.gettext(button.title);
    button.setAttribute("aria-label", button.title);
  } else {
    // The label of a format is in an element of that format.
    const label = button.firstElementChild;
    if (label) label.textContent = window.gettext(label.textContent);
  }
}

// Buttons that say whether the format of their name applies to the selected text.
const FORMATS = ["bold", "italic", "bulletList", "orderedList", "blockquote", "link"];

// Tells screen readers the states of the buttons, which the editor only shows.
function describeButtons(editor, toolbar) {
  toolbar.querySelectorAll("button").forEach(translateButton);
  for (const button of toolbar.querySelectorAll("button[data-name]")) {
    button.setAttribute("aria-disabled", button.classList.contains("disabled"));
    if (!FORMATS.includes(button.dataset.name)) continue;
    const isActive = editor.isActive(button.dataset.name);
    button.classList.toggle("active", isActive);
    button.setAttribute("aria-pressed", isActive);
  }
  // The editor makes this button anew after each change.
  for (const dropdown of toolbar.querySelectorAll(".prose-menubar__dropdown")) {
    const isOpen = dropdown.querySelector("[popover]").matches(":popover-open");
    dropdown.querySelector(".prose-menubar__selected button")?.setAttribute("aria-expanded", isOpen);
  }
}

// The editor replaces a text area, so it gets the label, the language and the help text.
document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const { dom } = editor.view;
  const label = document.querySelector(`label[for="${CSS.escape(textarea.id)}"]`);
  if (label) {
    label.id ||= `${textarea.id}_label`;
    dom.setAttribute("aria-labelledby", label.id);
    label.addEventListener("click", () => editor.commands.focus());
  }
  dom.lang = textarea.lang;
  const help = textarea.getAttribute("aria-describedby");
  if (help) dom.setAttribute("aria-describedby", help);
  editor.on("create", () => {
    const toolbar = editor.storage.menu.dom;
    toolbar.setAttribute("role", "group");
    if (label) toolbar.setAttribute("aria-labelledby", label.id);
    describeButtons(editor, toolbar);
    editor.on("transaction", () => describeButtons(editor, toolbar));
    for (const list of toolbar.querySelectorAll("[popover]")) {
      list.addEventListener("toggle", () => describeButtons(editor, toolbar));
      // Otherwise the list would cover what gets the focus next.
      list.addEventListener("focusout", ({ relatedTarget }) => {
        if (!list.contains(relatedTarget)) list.hidePopover();
      });
    }
  });
  // The name of a dialog is its heading.
  new MutationObserver(() => {
    const dialog = dom.parentElement.querySelector("dialog");
    dialog?.setAttribute("aria-label", dialog.querySelector("h3")?.textContent ?? "");
  }).observe(dom.parentElement, { childList: true });
});
