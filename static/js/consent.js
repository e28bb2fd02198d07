// Sends the choice without leaving the page, so that nothing typed elsewhere is lost. Without this the form is posted.
const region = document.querySelector(".consent");
const form = region.querySelector("form");

// Names this page's post, so that one that is sent again is not recorded twice.
const attempt = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "attempt", value: attempt.join("") }));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    // Not form.action, which is the buttons of that name.
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    region.remove();
    location.hash = "consent-saved";
    document.getElementById("consent-saved").focus();
    history.replaceState(null, "", location.pathname + location.search);
  } catch {
    // The server's own answer says what is wrong.
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    const action = Object.assign(document.createElement("input"), { type: "hidden", name: "action" });
    action.value = event.submitter.value;
    form.append(action);
    form.submit();
  }
});
