// What a reviewer does: choose a label, think again, take it back, ask for the prediction.

import { tooEarly } from "./input_gate.js";
import { LastReview } from "./last_review.js";
import { Undo, undone } from "./undo.js";

const VERDICT_WITHIN_MS = 3000;
const DAY_MS = 24 * 3600 * 1000;
const undoing = () => gettext("Your last answer was still being taken back, so nothing happened.");
const unreachable = () => gettext("The site cannot be reached. Try again in a moment.");

export class Reviewer {
  constructor({ names, api, preferences, outbox, progress, saveState, gate, form, desk }) {
    Object.assign(this, { api, preferences, outbox, progress, saveState, gate, form, desk });
    this.last = new LastReview({ names });
    this.undoer = new Undo({ api, outbox, last: this.last });
    this.last.addEventListener("change", () => this.change());
    this.last.addEventListener("undo", () => this.undo());
    form.addEventListener("submit", () => this.submit());
    outbox.addEventListener("saved", ({ detail }) => this.last.confirm(detail.review, detail.saved));
    outbox.addEventListener("refused", ({ detail }) => this.#refused(detail));
  }

  submit() {
    if (!this.gate.accepts()) return;
    const choice = this.form.read();
    if (!choice) return;
    if (this.desk.isRevising) this.#revise(choice);
    else this.#review(choice);
  }

  #review(choice) {
    const clip = this.desk.current;
    const milliseconds = timeSince(clip.shownAt);
    const hasSeen = Boolean(clip.prediction);
    const review = this.outbox.add({ clip: clip.clip, ...choice, milliseconds, prediction_shown: hasSeen });
    this.last.remember(clip, review);
    this.progress.reviewed(milliseconds);
    this.saveState.refusal("");
    if (this.preferences.get("wait") && !hasSeen) this.#advanceUnlessDiffering(review);
    else this.desk.advance();
  }

  /** For those who would rather think about a difference at once than later. */
  async #advanceUnlessDiffering(review) {
    await this.gate.during(this.outbox.sendWithin(VERDICT_WITHIN_MS), tooEarly());
    const { saved } = this.last;
    const differs = this.last.review?.client_id === review.client_id && saved?.agrees === false;
    if (differs) this.desk.reopen({ ...this.#lastOne, isReviewed: true });
    else this.desk.advance();
  }

  change() {
    if (this.gate.isBusy || this.desk.isRevising || !this.last.clip) return;
    this.desk.reopen(this.#lastOne);
  }

  get #lastOne() {
    const { clip, review, verdict } = this.last;
    return { clip, review, verdict };
  }

  keep() {
    if (!this.desk.isRevising || this.gate.isBusy) return;
    this.last.say(gettext("Kept as it is."));
    this.desk.leaveRevising();
  }

  #revise(choice) {
    const { clip, review } = this.last;
    const isSame = ["label", "flag", "comment"].every((name) => review[name] === choice[name]);
    if (isSame) {
      this.keep();
      return;
    }
    const fields = { clip: clip.clip, ...choice, revises: true, prediction_shown: true };
    this.last.changed(this.outbox.add(fields));
    this.desk.leaveRevising();
  }

  async undo() {
    if (this.gate.isBusy) return;
    const { clip, text, isUndone } = await this.gate.during(this.undoer.run(), undoing());
    this.gate.settle();
    if (!isUndone) {
      this.last.say(text);
      return;
    }
    this.progress.takenBack();
    if (clip) {
      clip.prediction = null;
      this.desk.takeInstead(clip);
      this.desk.note(undone());
    } else if (this.desk.isRevising) this.desk.leaveRevising();
    this.last.forget(clip);
    if (!clip) this.last.say(text);
  }

  async showPrediction() {
    const clip = this.desk.current;
    if (!clip || this.desk.isRevising || clip.prediction) return;
    try {
      const prediction = await this.api.prediction(clip);
      if (prediction) this.desk.showPrediction(clip, prediction);
      else this.desk.note(gettext("No model version has answered yet."));
    } catch (problem) {
      this.desk.note(problem.message || unreachable());
    }
  }

  /** The site can never keep this review: its clip was withdrawn, or is one's own. */
  #refused({ review, problem }) {
    this.saveState.refusal(problem.message);
    if (!review.revises) this.progress.takenBack();
    if (review.client_id !== this.last.review?.client_id) return;
    if (this.desk.isRevising) this.desk.leaveRevising();
    this.last.forget();
  }
}

/** Milliseconds; no more than the API takes, however long the clip lay there. */
function timeSince(start) {
  return Math.min(Math.round(performance.now() - start), DAY_MS);
}
