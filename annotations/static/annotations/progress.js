// How many are left, how many were done today, and how long one takes.

import { fill } from "../classifier/settings.js";

const LAST_ANSWERS = 50;

export class Progress {
  #times = [];

  constructor({ texts, progress }) {
    this.texts = texts;
    this.update(progress);
  }

  update(progress) {
    Object.assign(this, progress);
    this.#show();
  }

  answered(milliseconds) {
    this.#times = [...this.#times, milliseconds].slice(-LAST_ANSWERS);
    this.#count(1);
  }

  takenBack() {
    this.#times.pop();
    this.#count(-1);
  }

  #count(step) {
    this.left = Math.max(0, this.left - step);
    this.doneToday = Math.max(0, this.doneToday + step);
    this.#show();
  }

  /** In seconds: of this visit, or of the last answers before it. */
  get #pace() {
    const sorted = [...this.#times].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? this.medianMs;
    return median == null ? null : median / 1000;
  }

  #show() {
    const language = document.documentElement.lang;
    const number = (value, decimals = 0) =>
      value.toLocaleString(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    document.getElementById("left").textContent = number(this.left);
    document.getElementById("done").textContent = number(this.doneToday);
    document.getElementById("pace").textContent =
      this.#pace === null ? "–" : fill(this.texts.seconds, { seconds: number(this.#pace, 1) });
  }
}
