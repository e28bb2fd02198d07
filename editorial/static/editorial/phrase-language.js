// Extension of the rich text editor: phrases in another language, <span lang="pl">…</span>.
import { Mark, Plugin } from "django-prose-editor/editor";

const NAME = "phraseLanguage";
// See templates/editorial/phrase_language.html.
const dialog = document.querySelector("#phrase-language");
const form = dialog.querySelector("form");
const { language, code, remove } = form.elements;

// The code is asked for if the menu does not have the language.
function showCode() {
  code.disabled = language.value !== "";
  code.closest("div").hidden = code.disabled;
}

language.addEventListener("change", showCode);

function ask(editor) {
  const present = editor.getAttributes(NAME).lang;
  // Otherwise, the dialog proposes the language that was chosen last.
  if (present) {
    const isInMenu = [...language.options].some((option) => option.value === present);
    language.value = isInMenu ? present : "";
    code.value = isInMenu ? "" : present;
  }
  remove.hidden = !present;
  showCode();
  dialog.returnValue = "";
  dialog.addEventListener("close", () => apply(editor), { once: true });
  dialog.showModal();
}

function apply(editor) {
  // Without a selection, the phrase at the cursor is changed.
  const chain = editor.state.selection.empty
    ? editor.chain().focus().extendMarkRange(NAME)
    : editor.chain().focus();
  if (dialog.returnValue === "mark") chain.setMark(NAME, { lang: language.value || code.value }).run();
  else if (dialog.returnValue === "remove") chain.unsetMark(NAME).run();
  else editor.commands.focus();
}

// Word processors mark all words with the language of their spelling checker, which is often another one.
function withoutLanguages(html) {
  if (html.includes("data-pm-slice")) return html;
  const pasted = new DOMParser().parseFromString(html, "text/html");
  for (const element of pasted.querySelectorAll("[lang]")) element.removeAttribute("lang");
  return pasted.body.innerHTML;
}

export const PhraseLanguage = Mark.create({
  name: NAME,
  // Inside links, which it would split, and around bold and italic text, which would split it.
  priority: 101,
  // What is typed after a phrase does not belong to it.
  inclusive: false,

  addAttributes() {
    return { lang: { default: null } };
  },

  parseHTML() {
    return [{ tag: 'span[lang]:not([lang=""])' }];
  },

  renderHTML({ HTMLAttributes }) {
    return ["span", HTMLAttributes, 0];
  },

  addMenuItems({ menu, buttons }) {
    const button = buttons.material("translate", dialog.querySelector("h2").textContent);
    button.setAttribute("aria-haspopup", "dialog");
    menu.defineItem({
      name: NAME,
      groups: "marks",
      button,
      command: ask,
      enabled: (editor) => !editor.state.selection.empty || editor.isActive(NAME),
      active: (editor) => editor.isActive(NAME),
    });
  },

  addProseMirrorPlugins() {
    return [new Plugin({ props: { transformPastedHTML: withoutLanguages } })];
  },
});
