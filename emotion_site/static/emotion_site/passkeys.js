// Says in words why a passkey could not be used; allauth's own script only reports it.
const problem = document.querySelector("[data-passkey-problem]");

function reason(exception) {
  if (!window.isSecureContext || !window.PublicKeyCredential) {
    return gettext(
      "Passkeys work only over a secure connection. Use your password, or ask an administrator to set up HTTPS.",
    );
  }
  if (exception.name === "SecurityError") {
    return gettext(
      "Passkeys need the name of the site in the address bar, such as “localhost”, not numbers. " +
        "Use your password, or open the site by its name.",
    );
  }
  if (exception.name === "NotAllowedError" || exception.name === "AbortError") {
    return gettext("Nothing happened: no passkey was chosen, or it took too long. Try again, or use another way.");
  }
  if (exception.name === "InvalidStateError") return gettext("This device has a key for your account already.");
  return gettext("That did not work. Try again, or use another way.");
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  problem.textContent = reason(event.detail.exception);
  problem.hidden = false;
});
