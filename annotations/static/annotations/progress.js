// How many are left, how many were done today, and how long one takes.

const LATEST_TIMES = 50;

export class Progress {
  #times = [];
  #steps = 0; // what was counted here so far

  constructor({ api, outbox, counts }) {
    Object.assign(this, { api, outbox });
    this.#take(counts);
  }

  /** Ask the site for its counts. It may miss a review on its way; then what was counted here stays. */
  async refresh() {
    const isUpToDate = this.outbox.reviews.length === 0;
    const steps = this.#steps;
    const counts = await this.api.progress();
    if (isUpToDate && steps === this.#steps) this.#take(counts);
    return counts;
  }

  #take(counts) {
    Object.assign(this, counts);
    this.#show();
  }

  reviewed(milliseconds) {
    this.#times = [...this.#times, milliseconds].slice(-LATEST_TIMES);
    this.#count(1);
  }

  takenBack() {
    this.#times.pop();
    this.#count(-1);
  }

  #count(step) {
    this.#steps += 1;
    this.left = Math.max(0, this.left - step);
    this.done_today = Math.max(0, this.done_today + step);
    this.#show();
  }

  /** Median seconds per clip: of this visit, or of the last reviews before it. */
  get #pace() {
    const sorted = [...this.#times].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? this.median_ms;
    return median == null ? null : median / 1000;
  }

  #show() {
    const language = document.documentElement.lang;
    const number = (value, decimals = 0) =>
      value.toLocaleString(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    document.getElementById("left").textContent = number(this.left);
    document.getElementById("done").textContent = number(this.done_today);
    document.getElementById("pace").textContent =
      this.#pace === null ? "–" : interpolate(gettext("%(seconds)s s"), { seconds: number(this.#pace, 1) }, true);
  }
}
