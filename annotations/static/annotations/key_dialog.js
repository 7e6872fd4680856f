// Shows the keys, and lets a person choose others.

import { fill } from "../classifier/settings.js";
import { keyName, keyOfEvent } from "./keys.js";

export class KeyDialog {
  #asking = null; // the row that waits for its key

  constructor({ keys, texts }) {
    Object.assign(this, { keys, texts });
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
      element.textContent = keyName(key, this.texts);
      element.hidden = key === "";
    }
  }

  #fill() {
    const template = document.getElementById("key-row");
    const rows = this.keys.rows.map((row, index) => {
      const item = template.content.firstElementChild.cloneNode(true);
      item.querySelector(".key-name").textContent = row.name;
      item.querySelector("kbd").textContent = keyName(this.keys.keyOf(row.action), this.texts);
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
    item.querySelector("kbd").textContent = this.texts.press;
    this.#say(`${row.name}: ${this.texts.press}`);
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
    const name = keyName(key, this.texts);
    if (result === "reserved") this.#say(fill(this.texts.reserved, { key: name }), "warning");
    else if (result?.action) this.#say(fill(this.texts.clash, { key: name, action: result.name }), "warning");
    else this.#say(result ? "" : fill(this.texts.keyKept, { action: row.name, key: name }));
    if (result === "reserved" || result?.action) return; // it still waits for a key
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
