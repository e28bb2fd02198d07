// Shows one language of a form at a time. Without this script, all languages are shown.
const languages = JSON.parse(document.querySelector("meta[name=content-languages]")?.content ?? "[]");
const labels = document.querySelector("meta[name=content-languages]")?.dataset ?? {};
const form = document.querySelector("#content-main form");

function markRows(root) {
  for (const row of root.querySelectorAll(".form-row")) {
    const field = [...row.classList].find((name) => name.startsWith("field-")) ?? "";
    const code = languages.map(([code]) => code).find((code) => field.endsWith(`_${code}`));
    if (code) row.dataset.languageOf = code;
  }
}

function isFilled(row) {
  const control = row.querySelector("input:not([type=hidden]), textarea, .readonly");
  return Boolean((control?.value ?? control?.textContent ?? "").trim().replace(/^-$/, ""));
}

function show(code, buttons) {
  form.dataset.language = code;
  sessionStorage.setItem("content-language", code);
  for (const row of form.querySelectorAll("[data-language-of]")) {
    row.classList.toggle("is-shown", row.dataset.languageOf === code);
  }
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.value === code));
  }
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
  const buttons = languages.map(([code, name]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.value = code;
    button.lang = code;
    button.textContent = name;
    const own = rows.filter((row) => row.dataset.languageOf === code);
    if (own.some((row) => row.querySelector(".errorlist"))) {
      button.classList.add("has-error");
      button.append(` (${labels.error})`);
    } else if (states?.querySelector(`[data-code="${code}"]`)) {
      button.append(" ", states.querySelector(`[data-code="${code}"] .state`));
    } else if (!own.some(isFilled)) {
      button.append(` (${labels.empty})`);
    }
    button.addEventListener("click", () => show(code, buttons));
    return button;
  });
  bar.append(...buttons);
  states?.remove();
  form.prepend(bar);
  const withError = buttons.find((button) => button.classList.contains("has-error"));
  const previous = buttons.find((button) => button.value === sessionStorage.getItem("content-language"));
  show((withError ?? previous ?? buttons[0]).value, buttons);
  document.addEventListener("formset:added", (event) => {
    markRows(event.target);
    show(form.dataset.language, buttons);
  });
}

if (form && languages.length) start();
