// Keeps what is typed into a form in this browser until it is saved, and warns before it is left behind.
// localStorage, since the text must outlive the tab: the key holds the writer's number and the form's address.
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
let warnsOf = false;
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
    // The storage is full or switched off: the warning before leaving remains.
  }
}

function remove(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // Without a storage there is nothing to remove.
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

// The page after a form was saved says so, and names the form as the one it came from.
function removeSaved() {
  if (!document.querySelector(".messagelist .success") || !document.referrer) return;
  const from = new URL(document.referrer);
  for (const name of [keyOf(from, false), keyOf(from, true)]) {
    if (read(name)?.isSubmitted) remove(name);
  }
}

// Hidden inputs are the program's, names with a leading underscore its buttons; the others in a list choose an action.
const isKept = (control) =>
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
  // A list of one line shows its first option where none is marked.
  if (!chosen.length && !control.multiple && options.length) return [options[0].value];
  return chosen.map((option) => option.value);
}

// Name → its controls, and its values as the page came and as they are now.
function readForm() {
  const fields = new Map();
  for (const control of form.elements) {
    if (!isKept(control)) continue;
    const field = fields.get(control.name) ?? { controls: [], original: [], now: [] };
    field.controls.push(control);
    field.original.push(...valuesOf(control, true));
    field.now.push(...valuesOf(control, false));
    fields.set(control.name, field);
  }
  return fields;
}

// The hidden inputs by which saving finds what others changed since: see editorial.forms.
const baseInputs = () => [...form.elements].filter(({ name }) => /(^|-)base_values$/.test(name));

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// The row of a list of forms that a field belongs to: its prefix, number and primary key, which is "" for an added row.
function rowOf(name) {
  const [, prefix, number, field] = name.match(/^(.+)-(\d+)-(.+)$/) ?? [];
  if (!prefix || !form.elements[`${prefix}-TOTAL_FORMS`]) return null;
  return { prefix, number: Number(number), field, id: form.elements[`${prefix}-${number}-id`]?.value ?? "" };
}

function labelOf(control) {
  const label = control.labels?.[0] ?? control.closest("fieldset")?.querySelector("legend");
  const words = (control.getAttribute("aria-label") ?? label?.textContent ?? control.name).trim().replace(/:$/, "");
  const row = isList ? control.closest("tr")?.querySelector("th")?.textContent.trim() : "";
  return row ? `${row}, ${words}` : words;
}

// What can be shown of a value: the words of a choice, and a text without its markup.
function wordsOf(control, values) {
  const words = values.map((value) => {
    const option = [...(control.options ?? [])].find((each) => each.value === value);
    return option?.text ?? new DOMParser().parseFromString(value, "text/html").body.textContent.trim();
  });
  return words.join(", ") || "–";
}

function entriesOf(before) {
  const bases = new Map(before.map((entry) => [entry.name, entry.base]));
  const entries = [];
  for (const [name, { controls, original, now }] of readForm()) {
    // A form that came back with what was typed does not tell what is stored.
    const base = bases.get(name) ?? original;
    if (isSame(base, now)) continue;
    const options = controls[0].selectedOptions;
    const labels = options ? Object.fromEntries([...options].map((option) => [option.value, option.text])) : {};
    entries.push({ name, base, now, labels, label: labelOf(controls[0]), row: rowOf(name) });
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
        // A choice that was searched for is not among the options of a new page.
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

// Puts the entries of a draft into the form. Returns those whose stored value is another by now, and those without a place.
function restore(entries) {
  const added = new Map();
  const conflicts = [];
  const gone = [];
  for (const entry of entries) {
    let { name } = entry;
    if (entry.row) {
      const { prefix, number, field, id } = entry.row;
      const place = `${prefix}-${number}`;
      if (id) {
        const input = [...form.elements].find((each) => each.value === id && each.name.match(`^${prefix}-\\d+-id$`));
        name = input ? input.name.replace(/id$/, field) : "";
      } else {
        if (!added.has(place)) added.set(place, addRow(prefix));
        name = added.get(place) === null ? "" : `${prefix}-${added.get(place)}-${field}`;
      }
    }
    const shown = name && readForm().get(name);
    if (!shown) {
      gone.push(`${entry.label}: ${wordsOf(document.createElement("input"), entry.now)}`);
      continue;
    }
    if (!isSame(shown.original, entry.base) && !isSame(shown.original, entry.now)) {
      conflicts.push(`${entry.label}: ${wordsOf(shown.controls[0], shown.original)}`);
    }
    fill(shown, entry);
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

  function keep() {
    timer = clearTimeout(timer);
    const entries = entriesOf(draft.entries);
    const isUnsaved = entries.length > 0 || "asTyped" in note.dataset;
    const bases = Object.fromEntries(baseInputs().map(({ name, value }) => [name, value]));
    if (!isSame(entries, draft.entries)) write((draft = { at: Date.now(), entries, bases, isSubmitted }));
    // A page with such a listener is not kept for the way back, so it is there only while it is needed.
    if (isUnsaved === warnsOf) return;
    warnsOf = isUnsaved;
    window[warnsOf ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
  }

  function keepSoon() {
    timer ??= setTimeout(keep, WAIT_MS);
  }

  // Calendars, choosers and added rows change fields without an event of their own, but not without a click or a key.
  for (const type of ["input", "change", "click", "keyup", "focusin"]) form.addEventListener(type, keepSoon);
  for (const type of ["formset:added", "formset:removed"]) document.addEventListener(type, keepSoon);
  window.django?.jQuery?.(form).on("change", keepSoon);
  form.addEventListener("submit", ({ submitter }) => {
    // The button beside the actions of a list saves nothing.
    isSubmitted = submitter?.name !== "index";
    keep();
    write((draft = { ...draft, isSubmitted }));
    window.removeEventListener("beforeunload", warn);
    warnsOf = false;
  });
  window.addEventListener("pagehide", () => timer && keep());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    isSubmitted = false;
    keep();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-discard]")) return;
    event.preventDefault();
    timer = clearTimeout(timer);
    window.removeEventListener("beforeunload", warn);
    remove(key);
    // By GET, also where the page answered a form.
    location.replace(event.target.closest("a").href);
  });
  keep();
}

// The entries that are not stored yet. An added row is stored where another one has all of its values by now.
function lackingOf(entries) {
  const fields = readForm();
  const isStored = ({ name, now, row }) =>
    isSame(fields.get(name)?.original, now) && (!row?.id || rowOf(name)?.id === row.id);
  const isOfRow = (row) => (entry) => entry.row?.prefix === row.prefix && entry.row.number === row.number;
  return entries.filter((entry) =>
    entry.row && !entry.row.id ? !entries.filter(isOfRow(entry.row)).every(isStored) : !isStored(entry),
  );
}

function start() {
  const draft = read(key) ?? { entries: [] };
  if ("asTyped" in note.dataset) return watch(draft);
  const lacking = lackingOf(draft.entries);
  if (lacking.length) {
    for (const input of baseInputs()) input.value = draft.bases[input.name] ?? input.value;
    showNote(draft.at, restore(lacking));
  } else if (draft.entries.length) {
    remove(key);
  }
  watch({ entries: [] });
}

document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => editors.set(textarea, editor));
if (note) {
  removeOutdated();
  removeSaved();
  // Django's own scripts add the buttons for more rows when the page is read.
  if (form) document.addEventListener("DOMContentLoaded", () => setTimeout(start));
}
