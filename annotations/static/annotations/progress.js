// How many are left, how many were done today, and how long one takes.

import { fill } from "../classifier/settings.js";

const LAST_ANSWERS = 50;

export class Progress {
  #times = [];
  #steps = 0; // what was counted here so far

  constructor({ settings, outbox }) {
    this.texts = settings.texts;
    this.outbox = outbox;
    this.#take(settings.progress);
  }

  /** To be read before the site is asked for its counts, and given to `update` with them. */
  get moment() {
    return this.outbox.answers.length > 0 ? null : this.#steps;
  }

  /** The site may miss an answer that was on its way while it counted; then what was counted here stays. */
  update(counts, moment) {
    if (moment === this.#steps) this.#take(counts);
  }

  #take(counts) {
    Object.assign(this, counts);
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
    this.#steps += 1;
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
