// Says in words why a passkey could not be used; allauth's own script only reports it.
const problem = document.querySelector("[data-passkey-problem]");

function reason(exception) {
  if (!window.isSecureContext || !window.PublicKeyCredential) return "insecure";
  if (exception.name === "SecurityError") return "address";
  if (exception.name === "NotAllowedError" || exception.name === "AbortError") return "refused";
  if (exception.name === "InvalidStateError") return "known";
  return "other";
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  problem.textContent = problem.dataset[reason(event.detail.exception)];
  problem.hidden = false;
});
