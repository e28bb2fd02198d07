// Behaviour that all pages share.

// Colour theme: stored only for visitors who use the switch in the footer.
const root = document.documentElement;
const storage = (() => {
  try {
    return localStorage;
  } catch {
    return undefined; // The visitor has disabled storage.
  }
})();
const storedTheme = storage?.getItem("theme");
if (storedTheme === "light" || storedTheme === "dark") root.dataset.theme = storedTheme;

document.addEventListener("DOMContentLoaded", () => {
  const themes = document.querySelector(".themes");
  const buttons = themes.querySelectorAll("button");
  const updateButtons = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", button.value === (root.dataset.theme ?? "auto"));
  };
  themes.hidden = false;
  updateButtons();
  themes.addEventListener("click", ({ target }) => {
    if (!target.value) return;
    if (target.value === "auto") {
      delete root.dataset.theme;
      storage?.removeItem("theme");
    } else {
      root.dataset.theme = target.value;
      storage?.setItem("theme", target.value);
    }
    updateButtons();
  });
});

// Prefetches a page on pointer down. The content security policy in settings.py contains the hash of these rules.
if (HTMLScriptElement.supports?.("speculationrules")) {
  const rules = document.createElement("script");
  rules.type = "speculationrules";
  rules.textContent =
    '{"prefetch":[{"where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":["/admin/*","/media/*","/static/*"]}}]},"eagerness":"conservative"}]}';
  document.head.append(rules);
}

// Removes the fragment of the confirmation, so that a reload or a shared URL does not show it again.
addEventListener("load", () => {
  if (location.hash !== "#consent-saved") return;
  document.getElementById("consent-saved")?.focus();
  history.replaceState(null, "", location.pathname + location.search);
});

// Offers this page in the preferred language of the browser, if the page exists in that language.
document.addEventListener("DOMContentLoaded", () => {
  // RFC 4647, lookup: de-AT, then de.
  const lookup = (tag) => {
    const link = document.querySelector(`#languages [hreflang="${CSS.escape(tag)}"]:is([data-offer], [aria-current])`);
    const end = tag.lastIndexOf("-");
    return link || end < 0 ? link : lookup(tag.slice(0, end));
  };
  const preferred = navigator.languages.map((tag) => lookup(tag.toLowerCase())).find(Boolean);
  if (!preferred?.dataset.offer) return;
  const offer = document.getElementById("language-offer");
  const link = document.createElement("a");
  link.href = preferred.href;
  link.lang = link.hreflang = preferred.hreflang;
  link.textContent = preferred.dataset.offer;
  offer.prepend(link);
  offer.lastElementChild.onclick = () => (offer.hidden = true);
  offer.hidden = false;
});

// The box of a purpose and those of its providers follow each other. Only the boxes of providers are sent then: the
// server reads the box of a purpose, and whether it was ticked before, for browsers without this script.
document.addEventListener("DOMContentLoaded", () => {
  for (const whole of document.querySelectorAll("input[name=purposes]")) {
    const purpose = whole.closest("li");
    const providers = [...purpose.querySelectorAll("input[name=providers]")];
    const update = () => {
      const ticked = providers.filter((box) => box.checked).length;
      whole.checked = ticked === providers.length;
      whole.indeterminate = ticked > 0 && !whole.checked;
    };
    whole.removeAttribute("name");
    purpose.querySelector("input[name=shown]")?.remove();
    whole.addEventListener("change", () => {
      for (const box of providers) box.checked = whole.checked;
    });
    for (const box of providers) box.addEventListener("change", update);
    update();
  }
});

// Deletes local and session storage and databases, which the server cannot. Parameters: pairs of kind and declared name
// to delete and to keep. An asterisk at the end of a name stands for any ending.
const deleteStorage = async ({ delete: declined, keep }) => {
  const isAmong = (pairs, kind, name) =>
    pairs.some(
      ([ofKind, declared]) =>
        ofKind === kind && (declared.endsWith("*") ? name.startsWith(declared.slice(0, -1)) : name === declared),
    );
  const isDeclined = (kind, name) => isAmong(declined, kind, name) && !isAmong(keep, kind, name);
  try {
    for (const [kind, area] of [["local", localStorage], ["session", sessionStorage]])
      for (const name of Object.keys(area)) if (isDeclined(kind, name)) area.removeItem(name);
    if (!declined.some(([kind]) => kind === "indexeddb")) return;
    for (const { name } of await indexedDB.databases())
      if (isDeclined("indexeddb", name)) indexedDB.deleteDatabase(name);
  } catch {
    // The visitor has disabled storage, so that there is nothing to delete.
  }
};

// Whether a form other than a decision has input that a new page would lose.
const hasUnsavedInput = () =>
  [...document.querySelectorAll("form:not([data-decision], .consent-settings) :is(input, select, textarea):not([type=hidden])")].some((field) => {
    // The server shows it again with its faults.
    if (field.ariaInvalid === "true") return true;
    if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
    return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  });

// Sends decisions on consent without leaving the page, so that input in other forms is not lost. Without this script,
// the browser submits the form.
document.addEventListener("DOMContentLoaded", () => {
  // Tells the other open pages of the site.
  const channel = new BroadcastChannel("consent");
  const follow = ({ providers, storage }) => {
    deleteStorage(storage);
    // A script of a declined provider runs until the page is left, and may write again.
    addEventListener("pagehide", () => deleteStorage(storage));
    const answered = (isGranted) => Object.keys(providers).filter((key) => providers[key] === isGranted);
    document.dispatchEvent(new CustomEvent("consent:change", { detail: { granted: answered(true), denied: answered(false) } }));
  };
  // Whether this page has loaded what the answer does not allow. The answer before may have lost its validity since.
  const hasDeclined = ({ providers }) =>
    [...document.querySelectorAll("[data-provider]")].some(({ dataset }) => !providers[dataset.provider]);
  channel.onmessage = ({ data }) => {
    follow(data);
    if (hasDeclined(data) && !hasUnsavedInput()) location.reload();
  };

  // Settings and receipt have the current answer. With the confirmation, they are the response to their own form.
  const current = document.querySelector("[data-answer]");
  if (current) {
    const answer = JSON.parse(current.dataset.answer);
    deleteStorage(answer.storage);
    if (location.hash === "#consent-saved") channel.postMessage(answer);
  }

  const showAnswer = (form, answer) => {
    follow(answer);
    channel.postMessage(answer);
    const next = form.elements.next.value;
    if (location.pathname === new URL(form.getAttribute("action"), location).pathname) {
      // The page of a decision that was not recorded at first.
      location.replace(`${next}#consent-saved`);
      return;
    }
    // Unlike location.hash, it adds no entry to the history.
    location.replace("#consent-saved");
    // What loads, and the pages that show the answers, change only with a new page. If another form has input, the
    // visitor would lose it, so that the decision takes effect on the next page instead.
    const isShown = document.querySelector(".consent-settings, .receipt");
    const isChanged = answer.changed.length && (answer.scripts || document.querySelector(".embed"));
    if ((isShown || isChanged || hasDeclined(answer)) && !hasUnsavedInput()) {
      location.reload();
      return;
    }
    form.closest(".consent, li").remove();
    document.getElementById("consent-saved").focus();
    history.replaceState(null, "", location.pathname + location.search);
  };

  for (const form of document.querySelectorAll("form[data-decision]")) {
    if (!form.elements.idempotency_key) {
      // Identifies the request, so that a repeated request is recorded once.
      const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "idempotency_key", value: bytes.join("") }));
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form, event.submitter));
      for (const button of form.querySelectorAll("button")) button.disabled = true;
      let answer;
      try {
        // Not form.action, which is the list of buttons with the name "action".
        const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
        if (!response.ok) throw new Error(response.status);
        answer = await response.json();
      } catch {
        // Submit the form, so that the response of the server shows the error.
        for (const button of form.querySelectorAll("button")) button.disabled = false;
        const action = Object.assign(document.createElement("input"), { type: "hidden", name: "action" });
        action.value = event.submitter.value;
        form.append(action);
        form.submit();
        return;
      }
      showAnswer(form, answer);
    });
  }
});
