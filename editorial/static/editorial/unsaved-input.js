// Stores the unsaved input of a form in the browser, and warns before the user leaves the page.
// localStorage, because the input must survive closing the tab. The key contains the user's ID and the form's URL.
const NAME = "unsaved-input";
const DAYS = 7;
const WAIT_MS = 200;

const note = document.querySelector("template#unsaved-input");
const list = document.querySelector("#changelist-form");
const form = list?.elements._save
  ? list
  : document.querySelector("#content-main form[id$='_form'][method=post], form#translation");
const isList = form === list;
const editors = new Map();
let warnsOnLeave = false;
let isSubmitted = false;

const keyOf = ({ pathname, search }, withQuery = isList) =>
  `${NAME}:${note.dataset.user}:${pathname}${withQuery ? search : ""}`;
const key = note && keyOf(location);

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function write(draft) {
  try {
    if (draft.entries.length) localStorage.setItem(key, JSON.stringify(draft));
    else remove(key);
  } catch {
    // The storage is full or disabled. The warning before leaving still works.
  }
}

function remove(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // The storage is disabled.
  }
}

function removeOutdated() {
  const oldest = Date.now() - DAYS * 24 * 60 * 60 * 1000;
  let names = [];
  try {
    names = Object.keys(localStorage).filter((name) => name.startsWith(`${NAME}:`));
  } catch {
    return;
  }
  for (const name of names) if (!(read(name)?.at > oldest)) remove(name);
}

// The page after a successful save has a success message, and the form's URL as referrer.
function removeSaved() {
  if (!document.querySelector(".messagelist .success") || !document.referrer) return;
  const from = new URL(document.referrer);
  for (const name of [keyOf(from, false), keyOf(from, true)]) {
    if (read(name)?.isSubmitted) remove(name);
  }
}

// Leaves out hidden inputs, passwords, files, buttons (names with a leading underscore) and the actions of a list.
const isStorable = (control) =>
  control.name &&
  !["hidden", "password", "file", "search", "submit", "button"].includes(control.type) &&
  !/^_|^action$|^select_across$|__prefix__/.test(control.name);

function valuesOf(control, isOriginal) {
  if (control.type === "checkbox" || control.type === "radio") {
    return (isOriginal ? control.defaultChecked : control.checked) ? [control.value] : [];
  }
  if (control.tagName !== "SELECT") return [isOriginal ? control.defaultValue : control.value];
  const options = [...control.options];
  const chosen = options.filter((option) => (isOriginal ? option.defaultSelected : option.selected));
  // A single-line select shows its first option if none is selected.
  if (!chosen.length && !control.multiple && options.length) return [options[0].value];
  return chosen.map((option) => option.value);
}

// Map: name → controls, original values and present values.
function readForm() {
  const fields = new Map();
  for (const control of form.elements) {
    if (!isStorable(control)) continue;
    const field = fields.get(control.name) ?? { controls: [], original: [], current: [] };
    field.controls.push(control);
    field.original.push(...valuesOf(control, true));
    field.current.push(...valuesOf(control, false));
    fields.set(control.name, field);
  }
  return fields;
}

// Hidden inputs with the values that the page showed. Saving uses them to detect conflicts, see editorial/forms.py.
const baseInputs = () => [...form.elements].filter(({ name }) => /(^|-)base_values$/.test(name));

const isEqual = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// The formset row of a field: prefix, number and primary key. The key is "" for an added row.
function rowOf(name) {
  const [, prefix, number, field] = name.match(/^(.+)-(\d+)-(.+)$/) ?? [];
  if (!prefix || !form.elements[`${prefix}-TOTAL_FORMS`]) return null;
  return { prefix, number: Number(number), field, id: form.elements[`${prefix}-${number}-id`]?.value ?? "" };
}

function labelOf(control) {
  const label = control.labels?.[0] ?? control.closest("fieldset")?.querySelector("legend");
  const text = (control.getAttribute("aria-label") ?? label?.textContent ?? control.name).trim().replace(/:$/, "");
  const row = isList ? control.closest("tr")?.querySelector("th")?.textContent.trim() : "";
  return row ? `${row}, ${text}` : text;
}

// The values as readable text: labels of options, and text without markup.
function readableText(control, values) {
  const texts = values.map((value) => {
    const option = [...(control.options ?? [])].find(({ value: candidate }) => candidate === value);
    return option?.text ?? new DOMParser().parseFromString(value, "text/html").body.textContent.trim();
  });
  return texts.join(", ") || "–";
}

// The changed fields of the form. `previous` are the entries of the last draft.
function changedEntries(previous) {
  const bases = new Map(previous.map((entry) => [entry.name, entry.base]));
  const entries = [];
  for (const [name, { controls, original, current }] of readForm()) {
    // A form that is shown again with the user's input has no stored values; the draft has them.
    const base = bases.get(name) ?? original;
    if (isEqual(base, current)) continue;
    const options = controls[0].selectedOptions;
    const labels = options ? Object.fromEntries([...options].map((option) => [option.value, option.text])) : {};
    entries.push({ name, base, now: current, labels, label: labelOf(controls[0]), row: rowOf(name) });
  }
  return entries;
}

function fill({ controls }, { now, labels }) {
  const values = [...now];
  for (const control of controls) {
    if (control.type === "checkbox" || control.type === "radio") {
      control.checked = now.includes(control.value);
    } else if (control.tagName === "SELECT") {
      for (const value of now) {
        // Options of an autocomplete field are missing on a new page.
        if (control.matches(".admin-autocomplete") && ![...control.options].some((option) => option.value === value)) {
          control.add(new Option(labels[value], value));
        }
      }
      for (const option of control.options) option.selected = now.includes(option.value);
    } else {
      control.value = values.shift() ?? "";
      editors.get(control)?.commands.setContent(control.value);
    }
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function addRow(prefix) {
  const total = form.elements[`${prefix}-TOTAL_FORMS`];
  const number = Number(total.value);
  document.querySelector(`#${CSS.escape(prefix)}-group .add-row a`)?.click();
  return Number(total.value) > number ? number : null;
}

// Fills the form with the entries of a draft. Returns the entries with another stored value (conflicts), and the
// entries without a field (gone).
function restore(entries) {
  const added = new Map();
  const conflicts = [];
  const gone = [];
  for (const entry of entries) {
    let { name } = entry;
    if (entry.row) {
      const { prefix, number, field, id } = entry.row;
      const row = `${prefix}-${number}`;
      if (id) {
        const input = [...form.elements].find((control) => control.value === id && control.name.match(`^${prefix}-\\d+-id$`));
        name = input ? input.name.replace(/id$/, field) : "";
      } else {
        if (!added.has(row)) added.set(row, addRow(prefix));
        name = added.get(row) === null ? "" : `${prefix}-${added.get(row)}-${field}`;
      }
    }
    const formField = name && readForm().get(name);
    if (!formField) {
      gone.push(`${entry.label}: ${readableText(document.createElement("input"), entry.now)}`);
      continue;
    }
    if (!isEqual(formField.original, entry.base) && !isEqual(formField.original, entry.now)) {
      conflicts.push(`${entry.label}: ${readableText(formField.controls[0], formField.original)}`);
    }
    fill(formField, entry);
  }
  return { conflicts, gone };
}

function showNote(at, { conflicts, gone }) {
  const shown = note.content.cloneNode(true);
  const when = shown.querySelector("[data-when]");
  when.hidden = false;
  when.append(` ${new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" })}`);
  for (const [name, lines] of Object.entries({ changed: conflicts, gone })) {
    const part = shown.querySelector(`[data-${name}]`);
    part.hidden = !lines.length;
    const items = lines.map((line) => Object.assign(document.createElement("li"), { textContent: line }));
    const ul = document.createElement("ul");
    ul.append(...items);
    part.append(ul);
  }
  document.querySelector("#unsaved-input-place").append(shown);
}

function warn(event) {
  event.preventDefault();
}

function watch(draft) {
  let timer;

  function store() {
    timer = clearTimeout(timer);
    const entries = changedEntries(draft.entries);
    const isUnsaved = entries.length > 0 || "asTyped" in note.dataset;
    const bases = Object.fromEntries(baseInputs().map(({ name, value }) => [name, value]));
    if (!isEqual(entries, draft.entries)) write((draft = { at: Date.now(), entries, bases, isSubmitted }));
    // Browsers exclude pages with this listener from the back/forward cache, so it is added only when necessary.
    if (isUnsaved === warnsOnLeave) return;
    warnsOnLeave = isUnsaved;
    window[warnsOnLeave ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
  }

  function storeSoon() {
    timer ??= setTimeout(store, WAIT_MS);
  }

  // Calendars, choosers and added rows change fields without input events, but after a click or a key.
  for (const type of ["input", "change", "click", "keyup", "focusin"]) form.addEventListener(type, storeSoon);
  for (const type of ["formset:added", "formset:removed"]) document.addEventListener(type, storeSoon);
  window.django?.jQuery?.(form).on("change", storeSoon);
  form.addEventListener("submit", ({ submitter }) => {
    // The button of the list's actions does not save the form.
    isSubmitted = submitter?.name !== "index";
    store();
    write((draft = { ...draft, isSubmitted }));
    window.removeEventListener("beforeunload", warn);
    warnsOnLeave = false;
  });
  window.addEventListener("pagehide", () => timer && store());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    isSubmitted = false;
    store();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-discard]")) return;
    event.preventDefault();
    timer = clearTimeout(timer);
    window.removeEventListener("beforeunload", warn);
    remove(key);
    // Load the page with GET, because it may be the response to a POST.
    location.replace(event.target.closest("a").href);
  });
  store();
}

// The entries that are not saved yet. An added row counts as saved if a row has all of its values.
function unsavedEntries(entries) {
  const fields = readForm();
  const isSaved = ({ name, now, row }) =>
    isEqual(fields.get(name)?.original, now) && (!row?.id || rowOf(name)?.id === row.id);
  const isOfRow = (row) => (entry) => entry.row?.prefix === row.prefix && entry.row.number === row.number;
  return entries.filter((entry) =>
    entry.row && !entry.row.id ? !entries.filter(isOfRow(entry.row)).every(isSaved) : !isSaved(entry),
  );
}

function start() {
  const draft = read(key) ?? { entries: [] };
  if ("asTyped" in note.dataset) return watch(draft);
  const unsaved = unsavedEntries(draft.entries);
  if (unsaved.length) {
    for (const input of baseInputs()) input.value = draft.bases[input.name] ?? input.value;
    showNote(draft.at, restore(unsaved));
  } else if (draft.entries.length) {
    remove(key);
  }
  watch({ entries: [] });
}

document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => editors.set(textarea, editor));
if (note) {
  removeOutdated();
  removeSaved();
  // Django's scripts add the buttons for new rows on DOMContentLoaded.
  if (form) document.addEventListener("DOMContentLoaded", () => setTimeout(start));
}
