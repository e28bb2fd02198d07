// Shows the languages of a form that the user works in, and leads from errors to their fields.
// Without this script, all languages are shown.
const languages = JSON.parse(document.querySelector("meta[name=content-languages]")?.content ?? "[]");
const labels = document.querySelector("meta[name=content-languages]")?.dataset ?? {};
const form = document.querySelector("#content-main form");
const source = languages[0]?.[0];
const own = (labels.own ?? "").split(" ").filter(Boolean);
// The choice of each person is kept in this browser.
const LANGUAGE = `content-language-${labels.user}`;
const BESIDE = `source-language-beside-${labels.user}`;

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is off: the choice holds for this page.
  }
}

function markRows(root) {
  for (const row of root.querySelectorAll(".form-row")) {
    const field = [...row.classList].find((name) => name.startsWith("field-")) ?? "";
    const code = languages.map(([code]) => code).find((code) => field.endsWith(`_${code.replaceAll("-", "_")}`));
    if (!code) continue;
    row.dataset.languageOf = code;
    for (const text of row.querySelectorAll(".readonly")) text.lang = code;
  }
}

function isFilled(row) {
  const control = row.querySelector("input:not([type=hidden]), textarea, .readonly");
  return Boolean((control?.value ?? control?.textContent ?? "").trim().replace(/^-$/, ""));
}

function show(code, buttons, beside) {
  form.dataset.language = code;
  const isBeside = beside.getAttribute("aria-pressed") === "true";
  for (const row of form.querySelectorAll("[data-language-of]")) {
    const language = row.dataset.languageOf;
    row.classList.toggle("is-shown", language === code || (isBeside && language === source));
  }
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.value === code));
  }
  beside.hidden = code === source;
}

function makeBeside() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "beside";
  button.textContent = labels.beside;
  const choice = stored(BESIDE);
  button.setAttribute("aria-pressed", String(choice === null ? own.length > 0 : choice === "true"));
  return button;
}

// The control of a row. The rich text editor hides its text field.
function controlOf(row) {
  return row.querySelector("[contenteditable=true]") ?? row.querySelector("input:not([type=hidden]), select, textarea");
}

function openRow(row, buttons, beside) {
  for (const details of [row.closest("details")].filter(Boolean)) details.open = true;
  row.closest("fieldset.collapsed")?.classList.remove("collapsed");
  if (row.dataset.languageOf) show(row.dataset.languageOf, buttons, beside);
  row.scrollIntoView({ block: "center" });
  controlOf(row)?.focus();
}

// A list of links below the note about errors, one for each field with an error.
function linkErrors(buttons, beside) {
  const note = document.querySelector(".errornote");
  const rows = [...form.querySelectorAll(".form-row")].filter((row) => row.querySelector(".errorlist"));
  if (!note || !rows.length) return;
  const list = document.createElement("ul");
  list.className = "error-links";
  for (const row of rows) {
    const control = row.querySelector("[id^=id_]");
    const link = document.createElement("a");
    link.href = `#${control?.id ?? ""}`;
    const label = (row.querySelector("label, legend")?.textContent ?? "").trim().replace(/:$/, "");
    // Of a conflict, what happened, without the values.
    const error = row.querySelector(".errorlist li .conflict p") ?? row.querySelector(".errorlist li");
    link.textContent = `${label}: ${error?.textContent ?? ""}`;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      openRow(row, buttons, beside);
    });
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  note.after(list);
}

function start() {
  markRows(form);
  const rows = [...form.querySelectorAll("[data-language-of]")].filter((row) => !row.closest(".empty-form"));
  if (!rows.length) return;
  const states = form.querySelector(".translation-states");
  const bar = document.createElement("div");
  bar.className = "language-tabs";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", labels.label);
  const beside = makeBeside();
  const buttons = languages.map(([code, name]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.value = code;
    button.lang = code;
    button.textContent = name;
    const texts = rows.filter((row) => row.dataset.languageOf === code);
    if (texts.some((row) => row.querySelector(".errorlist"))) {
      button.classList.add("has-error");
      button.append(` (${labels.error})`);
    } else if (states?.querySelector(`[data-code="${code}"]`)) {
      button.append(" ", states.querySelector(`[data-code="${code}"] .state`));
    } else if (!texts.some(isFilled)) {
      button.append(` (${labels.empty})`);
    }
    button.addEventListener("click", () => {
      store(LANGUAGE, code);
      show(code, buttons, beside);
    });
    return button;
  });
  beside.addEventListener("click", () => {
    const isBeside = beside.getAttribute("aria-pressed") !== "true";
    beside.setAttribute("aria-pressed", String(isBeside));
    store(BESIDE, isBeside);
    show(form.dataset.language, buttons, beside);
  });
  bar.append(...buttons, beside);
  states?.remove();
  form.prepend(bar);
  // Toolbars stick below the bar, and the browser scrolls a focused control to below it.
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--language-tabs", `${bar.offsetHeight}px`);
  }).observe(bar);
  const withError = buttons.find((button) => button.classList.contains("has-error"));
  const first = [stored(LANGUAGE), own[0]].find((code) => buttons.some((button) => button.value === code));
  show(withError?.value ?? first ?? source, buttons, beside);
  linkErrors(buttons, beside);
  // Links to a field, such as from the desk and from a refused publication, open its language.
  const linked = location.hash.startsWith("#id_") && document.getElementById(location.hash.slice(1))?.closest(".form-row");
  if (linked && form.contains(linked)) openRow(linked, buttons, beside);
  document.addEventListener("formset:added", ({ target }) => {
    markRows(target);
    show(form.dataset.language, buttons, beside);
    // The button that adds a row is behind it.
    target.querySelector(":is(input:not([type=hidden]), select, textarea):not([data-language-of]:not(.is-shown) *)")?.focus();
  });
}

if (form && languages.length) start();
