// Says at any moment whether everything is saved, and what to do when it is not.

import { fillPlural } from "../classifier/settings.js";

export class SaveState {
  constructor({ outbox, texts }) {
    Object.assign(this, { outbox, texts });
    this.element = document.getElementById("save-state");
    this.words = document.getElementById("save-words");
    this.trouble = document.getElementById("trouble");
    this.fetchProblem = "";
    this.lastRefusal = "";
    outbox.addEventListener("change", () => this.show());
    window.addEventListener("beforeunload", (event) => {
      if (outbox.isVolatile && outbox.reviews.length > 0) event.preventDefault();
    });
    this.show();
  }

  /** A problem with fetching clips; null when it is over. */
  fetching(problem) {
    this.fetchProblem = problem ? this.#explain(problem) : "";
    this.show();
  }

  refusal(text) {
    this.lastRefusal = text;
    this.show();
  }

  show() {
    const { outbox, texts } = this;
    const count = outbox.reviews.length;
    const state = count === 0 ? "saved" : outbox.problem ? "unsent" : "saving";
    this.element.dataset.state = state;
    this.words.textContent = state === "unsent" ? fillPlural(texts.unsent, count) : texts[state];
    const problems = [
      count > 0 && outbox.problem ? this.#explain(outbox.problem) : "",
      outbox.isVolatile ? texts.noRoom : "",
      this.fetchProblem,
      this.lastRefusal,
    ];
    const text = [...new Set(problems.filter(Boolean))].join(" ");
    if (this.trouble.textContent !== text) this.trouble.textContent = text;
    this.trouble.hidden = text === "";
  }

  #explain(problem) {
    if (problem.status === 0) return this.texts.offline;
    if (problem.status === 401) return this.texts.signedOut;
    return problem.message || this.texts.siteFailed;
  }
}
