// Says at any moment whether everything is saved, and what to do when it is not.

import { fillPlural } from "../classifier/settings.js";

export class SaveState {
  constructor({ outbox, texts }) {
    Object.assign(this, { outbox, texts });
    this.element = document.getElementById("save-state");
    this.words = document.getElementById("save-words");
    this.trouble = document.getElementById("trouble");
    this.other = ""; // a trouble that has nothing to do with answers
    this.lastRefusal = "";
    outbox.addEventListener("change", () => this.show());
    window.addEventListener("beforeunload", (event) => {
      if (outbox.keepsNothing && outbox.answers.length > 0) event.preventDefault();
    });
    this.show();
  }

  /** A problem with fetching clips; null when it is over. */
  fetching(problem) {
    this.other = problem ? this.#explain(problem) : "";
    this.show();
  }

  refusal(text) {
    this.lastRefusal = text;
    this.show();
  }

  show() {
    const { outbox, texts } = this;
    const count = outbox.answers.length;
    const state = count === 0 ? "saved" : outbox.problem ? "unsent" : "saving";
    this.element.dataset.state = state;
    this.words.textContent = state === "unsent" ? fillPlural(texts.unsent, count) : texts[state];
    const problems = [
      count > 0 && outbox.problem ? this.#explain(outbox.problem) : "",
      outbox.keepsNothing ? texts.noRoom : "",
      this.other,
      this.lastRefusal,
    ];
    const said = [...new Set(problems.filter(Boolean))].join(" ");
    if (this.trouble.textContent !== said) this.trouble.textContent = said;
    this.trouble.hidden = said === "";
  }

  #explain(problem) {
    if (problem.status === 0) return this.texts.offline;
    if (problem.status === 401) return this.texts.signedOut;
    return problem.message || this.texts.siteFailed;
  }
}
