// Language and appearance apply as soon as they are chosen; without this module the button does it.
for (const form of document.querySelectorAll("form[data-send-on-change]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}
