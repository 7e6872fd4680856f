// Shows the keys, and lets a person choose others.

import { keyName, keyOfEvent } from "./keys.js";

export class KeyDialog {
  #asking = null; // the row that waits for its key

  constructor({ keys }) {
    this.keys = keys;
    this.dialog = document.getElementById("keys");
    this.note = document.getElementById("key-note");
    this.list = document.getElementById("key-list");
    for (const button of this.dialog.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => this.dialog.close());
    }
    document.getElementById("keys-reset").addEventListener("click", () => {
      this.keys.reset();
      this.#stopAsking();
      this.#fill();
    });
    this.dialog.addEventListener("keydown", (event) => this.#pressed(event));
    this.dialog.addEventListener("close", () => this.#stopAsking());
    this.labelPage();
  }

  open() {
    this.#fill();
    this.#say("");
    this.dialog.showModal();
  }

  /** The keys on the page's own buttons. */
  labelPage(root = document) {
    for (const element of root.querySelectorAll("[data-key-of]")) {
      const key = this.keys.keyOf(element.dataset.keyOf);
      element.textContent = keyName(key);
      element.hidden = key === "";
    }
  }

  #fill() {
    const template = document.getElementById("key-row");
    const rows = this.keys.rows.map((row, index) => {
      const item = template.content.firstElementChild.cloneNode(true);
      item.querySelector(".key-name").textContent = row.name;
      item.querySelector("kbd").textContent = keyName(this.keys.keyOf(row.action));
      const button = item.querySelector("button");
      // Its name is what it does and the key.
      item.querySelector(".key-name").id = `key-name-${index}`;
      button.id = `key-${index}`;
      button.setAttribute("aria-labelledby", `key-name-${index} key-${index}`);
      button.addEventListener("click", () => this.#ask(row, item));
      return item;
    });
    this.list.replaceChildren(...rows);
    this.labelPage();
  }

  #ask(row, item) {
    this.#stopAsking();
    this.#asking = row;
    item.classList.add("is-asking");
    item.querySelector("kbd").textContent = gettext("Press a key …");
    this.#say(`${row.name}: ${gettext("Press a key …")}`);
  }

  #stopAsking() {
    this.#asking = null;
    for (const item of this.list.querySelectorAll(".is-asking")) item.classList.remove("is-asking");
  }

  #pressed(event) {
    if (!this.#asking) return;
    event.preventDefault();
    event.stopPropagation();
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const row = this.#asking;
    const key = keyOfEvent(event);
    const result = event.key === "Escape" ? "cancelled" : this.keys.choose(row.action, key);
    const name = keyName(key);
    const refusal = explain(result);
    if (refusal) {
      this.#say(interpolate(refusal, { key: name, action: result.name }, true), "warning");
      return; // it still waits for a key
    }
    this.#say(result ? "" : interpolate(gettext("%(action)s: %(key)s."), { action: row.name, key: name }, true));
    this.#stopAsking();
    this.#fill();
    this.list.children[this.keys.rows.indexOf(row)].querySelector("button").focus();
  }

  #say(text, kind = "") {
    this.note.textContent = text;
    this.note.className = `notice ${kind}`;
    this.note.hidden = text === "";
  }
}

/** Why a key was not taken, or "". */
function explain(result) {
  if (result === "reserved") return gettext("%(key)s cannot be used, because the browser needs it.");
  return result?.action ? gettext("%(key)s is already used for “%(action)s”. Choose another key.") : "";
}
