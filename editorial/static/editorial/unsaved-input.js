// Stores unsaved input of a form until it is saved, and warns before the page is left.
// It is stored in this browser at once, and on the server every few seconds, so that other browsers offer it too.
// localStorage, because the input must survive closing the tab. The key has the primary key of the user and the URL.
const NAME = "unsaved-input";
const DAYS = 7;
const WAIT_MS = 200;
const SEND_MS = 3000;

const note = document.querySelector("template#unsaved-input");
const list = document.querySelector("#changelist-form");
const form = list?.elements._save
  ? list
  : document.querySelector("#content-main form[id$='_form'][method=post], form#translation");
const isList = form === list;
// Pages of a list, and of the rows of an inline, have different rows under one path.
const isPage = isList || new URLSearchParams(location.search).has("inline");
const editors = new Map();
let isWarning = false;
let isSubmitted = false;

const keyOf = ({ pathname, search }, withQuery = isPage) =>
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
    // The storage is full or disabled. The warning before leaving the page still works.
  }
}

function remove(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // The storage is disabled.
  }
}

const pathOf = (name) => name.split(":").slice(2).join(":");
const urlOf = (name) => `${note.dataset.url}?path=${encodeURIComponent(pathOf(name))}`;

// Sends input to the server. Without connection or session, the copy in this browser remains.
function send(name, draft) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value;
  fetch(urlOf(name), {
    method: "POST",
    headers: { "X-CSRFToken": token },
    body: JSON.stringify(draft),
    redirect: "error",
  }).catch(() => {});
}

async function readFromServer(name) {
  try {
    const response = await fetch(urlOf(name), { redirect: "error" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
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

// The page after a successful save has a success message, and the form as its referrer.
function removeSaved() {
  if (!document.querySelector(".messagelist .success") || !document.referrer) return;
  const from = new URL(document.referrer);
  for (const name of [keyOf(from, false), keyOf(from, true)]) {
    if (!read(name)?.isSubmitted) continue;
    remove(name);
    send(name, { entries: [] });
  }
}

// Not stored: hidden inputs, passwords, files, buttons (leading underscore), the action of a list, templates of rows.
const isStored = (control) =>
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
  // A select without a selected option shows its first one.
  if (!chosen.length && !control.multiple && options.length) return [options[0].value];
  return chosen.map((option) => option.value);
}

// Name → its controls, its values when the page was loaded, and its current values.
function readForm() {
  const fields = new Map();
  for (const control of form.elements) {
    if (!isStored(control)) continue;
    const field = fields.get(control.name) ?? { controls: [], original: [], now: [] };
    field.controls.push(control);
    field.original.push(...valuesOf(control, true));
    field.now.push(...valuesOf(control, false));
    fields.set(control.name, field);
  }
  return fields;
}

// The hidden inputs with which the server finds changes of others, see editorial/base_values.py.
const baseInputs = () => [...form.elements].filter(({ name }) => /(^|-)base_values$/.test(name));

const isSame = (first, second) => JSON.stringify(first) === JSON.stringify(second);

// The row of a formset that a field belongs to: its prefix, number and primary key, which is "" for an added row.
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

// The values as text: the labels of options, and rich text without its markup.
function textOf(control, values) {
  const texts = values.map((value) => {
    const option = [...(control.options ?? [])].find((each) => each.value === value);
    return option?.text ?? new DOMParser().parseFromString(value, "text/html").body.textContent.trim();
  });
  return texts.join(", ") || "–";
}

function entriesOf(before) {
  const bases = new Map(before.map((entry) => [entry.name, entry.base]));
  const entries = [];
  for (const [name, { controls, original, now }] of readForm()) {
    // A form that the server returned with unsaved input does not have the stored values.
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
        // An option that was found by a search is missing on a new page.
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

// Fills the form from the entries of a draft. Returns descriptions of conflicts and of entries for deleted rows.
function restore(entries) {
  const added = new Map();
  const conflicts = [];
  const deleted = [];
  for (const entry of entries) {
    let { name } = entry;
    if (entry.row) {
      const { prefix, number, field, id } = entry.row;
      const row = `${prefix}-${number}`;
      if (id) {
        const input = [...form.elements].find((each) => each.value === id && each.name.match(`^${prefix}-\\d+-id$`));
        name = input ? input.name.replace(/id$/, field) : "";
      } else {
        if (!added.has(row)) added.set(row, addRow(prefix));
        name = added.get(row) === null ? "" : `${prefix}-${added.get(row)}-${field}`;
      }
    }
    const shown = name && readForm().get(name);
    if (!shown) {
      deleted.push(`${entry.label}: ${textOf(document.createElement("input"), entry.now)}`);
      continue;
    }
    if (!isSame(shown.original, entry.base) && !isSame(shown.original, entry.now)) {
      conflicts.push(`${entry.label}: ${textOf(shown.controls[0], shown.original)}`);
    }
    fill(shown, entry);
  }
  return { conflicts, deleted };
}

function showNote(at, { conflicts, deleted }) {
  const shown = note.content.cloneNode(true);
  const savedAt = shown.querySelector("[data-saved-at]");
  savedAt.hidden = false;
  savedAt.append(` ${new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" })}`);
  for (const [name, lines] of Object.entries({ changed: conflicts, deleted })) {
    const part = shown.querySelector(`[data-${name}]`);
    part.hidden = !lines.length;
    const items = lines.map((line) => Object.assign(document.createElement("li"), { textContent: line }));
    const ul = document.createElement("ul");
    ul.append(...items);
    part.append(ul);
  }
  document.querySelector("#unsaved-input-note").append(shown);
}

function warn(event) {
  event.preventDefault();
}

function watch(draft) {
  let timer;
  let sendTimer;

  function sendSoon() {
    sendTimer ??= setTimeout(() => {
      sendTimer = undefined;
      send(key, draft);
    }, SEND_MS);
  }

  function save() {
    timer = clearTimeout(timer);
    const entries = entriesOf(draft.entries);
    const isUnsaved = entries.length > 0 || "redisplayed" in note.dataset;
    const bases = Object.fromEntries(baseInputs().map(({ name, value }) => [name, value]));
    if (!isSame(entries, draft.entries)) {
      write((draft = { at: Date.now(), entries, bases, isSubmitted }));
      sendSoon();
    }
    // A page with this listener is not put into the back/forward cache, so it is added only when needed.
    if (isUnsaved === isWarning) return;
    isWarning = isUnsaved;
    window[isWarning ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
  }

  function saveSoon() {
    timer ??= setTimeout(save, WAIT_MS);
  }

  // Date pickers, selectors and added rows change fields without an event, but only after a click or a key.
  for (const type of ["input", "change", "click", "keyup", "focusin"]) form.addEventListener(type, saveSoon);
  for (const type of ["formset:added", "formset:removed"]) document.addEventListener(type, saveSoon);
  window.django?.jQuery?.(form).on("change", saveSoon);
  form.addEventListener("submit", ({ submitter }) => {
    // A preview opens in another tab, and saves nothing.
    if (submitter?.name === "_preview") {
      save();
      return;
    }
    // The button of the actions of a list saves nothing.
    isSubmitted = submitter?.name !== "index";
    save();
    write((draft = { ...draft, isSubmitted }));
    sendTimer = clearTimeout(sendTimer);
    window.removeEventListener("beforeunload", warn);
    isWarning = false;
  });
  window.addEventListener("pagehide", () => timer && save());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    isSubmitted = false;
    save();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-discard]")) return;
    event.preventDefault();
    timer = clearTimeout(timer);
    window.removeEventListener("beforeunload", warn);
    sendTimer = clearTimeout(sendTimer);
    remove(key);
    send(key, { entries: [] });
    // A GET request, even if this page is the response to a POST request.
    location.replace(event.target.closest("a").href);
  });
  save();
}

// The entries that are not saved yet. An added row counts as saved if another row has all of its values.
function unsavedEntries(entries) {
  const fields = readForm();
  const isSaved = ({ name, now, row }) =>
    isSame(fields.get(name)?.original, now) && (!row?.id || rowOf(name)?.id === row.id);
  const isOfRow = (row) => (entry) => entry.row?.prefix === row.prefix && entry.row.number === row.number;
  return entries.filter((entry) =>
    entry.row && !entry.row.id ? !entries.filter(isOfRow(entry.row)).every(isSaved) : !isSaved(entry),
  );
}

async function start() {
  const inBrowser = read(key);
  if ("redisplayed" in note.dataset) return watch(inBrowser ?? { entries: [] });
  const onServer = await readFromServer(key);
  const isNewer = (onServer?.at ?? 0) > (inBrowser?.at ?? 0);
  const draft = (isNewer ? onServer : inBrowser) ?? { entries: [] };
  const unsaved = unsavedEntries(draft.entries);
  if (unsaved.length) {
    for (const input of baseInputs()) input.value = draft.bases[input.name] ?? input.value;
    showNote(draft.at, restore(unsaved));
  } else if (draft.entries.length) {
    remove(key);
    send(key, { entries: [] });
  }
  watch({ entries: [] });
}

document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => editors.set(textarea, editor));
if (note) {
  removeOutdated();
  removeSaved();
  // After Django's scripts, which add the buttons for more rows.
  if (form) document.addEventListener("DOMContentLoaded", () => setTimeout(start));
}
