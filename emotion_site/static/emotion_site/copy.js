// Buttons that copy a field. Without this module or a clipboard, the field itself can be selected.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  field.addEventListener("focus", () => field.select());
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      const label = button.textContent;
      button.textContent = gettext("Copied");
      setTimeout(() => (button.textContent = label), 2000);
    } catch {
      field.focus();
    }
  });
}
