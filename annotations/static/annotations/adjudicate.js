// Deciding by the keyboard: digits and letters choose, Enter decides, Space plays, the arrow goes on.

const form = document.getElementById("decide");
const choices = new Map([...(form?.querySelectorAll("[data-key]") ?? [])].map((input) => [input.dataset.key, input]));

function isTyping(target) {
  return target.matches?.("input:not([type=radio]), select, textarea, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  // The waveform, buttons and links have keys of their own.
  const hasOwnKeys = event.target.closest?.("a, button, summary, [role=slider]");
  const choice = choices.get(event.key.toLowerCase());
  if (choice) {
    choice.checked = true;
    choice.focus();
    if (choice.value === "other") document.getElementById("comment").focus();
  } else if (event.key === "Enter" && !hasOwnKeys) form?.requestSubmit();
  else if (event.key === " " && !hasOwnKeys) document.querySelector(".player-toggle")?.click();
  else if (event.key === "ArrowRight" && !hasOwnKeys && event.target.type !== "radio")
    document.querySelector("a[rel=next]")?.click();
  else return;
  event.preventDefault();
});

// Nothing is promised before somebody listens.
const hint = document.getElementById("keys-hint");
if (hint) hint.hidden = false;

// Sent once, however often Enter is pressed.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => delete form?.dataset.sent);
