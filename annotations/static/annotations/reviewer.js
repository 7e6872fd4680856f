// What a reviewer does: answer, think again, take back, ask for the prediction.

import { post } from "./request.js";
import { Undo } from "./undo.js";

const VERDICT_WITHIN_MS = 3000;

export class Reviewer {
  #busyWith = ""; // what to say to answers that come meanwhile

  constructor({ settings, memory, outbox, saveState, progress, form, last, desk, early }) {
    Object.assign(this, { settings, memory, outbox, saveState, progress, form, last, desk, early });
    this.undoer = new Undo({ settings, outbox, last });
    outbox.addEventListener("saved", ({ detail }) => last.replied(detail.answer, detail.reply));
    outbox.addEventListener("refused", ({ detail }) => this.#refused(detail));
  }

  get #isBusy() {
    return this.#busyWith !== "";
  }

  /** Whether there is a clip that an answer could be for. When it is still to come, a word says so. */
  takesAnswer() {
    const isEarly = this.desk.isWaiting || this.early.isTypingOn;
    const words = this.#busyWith || (isEarly ? this.settings.texts.early : "");
    if (words) this.early.refuse(words);
    else this.early.hide();
    return words === "" && this.desk.current !== null;
  }

  submit() {
    if (!this.takesAnswer()) return;
    const said = this.form.read();
    if (!said) return;
    if (this.desk.isRevising) this.#revise(said);
    else this.#answer(said);
  }

  #answer(said) {
    const clip = this.desk.current;
    const milliseconds = Math.round(performance.now() - clip.shownAt);
    const knew = Boolean(clip.prediction);
    const fields = { clip: clip.clip, ...said, milliseconds, prediction_shown: knew ? "1" : "" };
    const answer = this.outbox.add(fields);
    this.last.remember(clip, answer);
    this.progress.answered(milliseconds);
    this.saveState.refusal("");
    if (this.memory.get("wait") && !knew) this.#goOnUnlessDiffering(answer);
    else this.desk.advance();
  }

  /** For those who would rather think about a difference at once than later. */
  async #goOnUnlessDiffering(answer) {
    this.#busyWith = this.settings.texts.early;
    await Promise.race([this.outbox.send(), new Promise((done) => setTimeout(done, VERDICT_WITHIN_MS))]);
    this.#busyWith = "";
    const { reply } = this.last;
    const differs = this.last.answer?.client_id === answer.client_id && reply?.agrees === false;
    if (differs) this.desk.reopen({ ...this.#lastOne, isAnswered: true });
    else this.desk.advance();
  }

  change() {
    if (this.#isBusy || this.desk.isRevising || !this.last.clip) return;
    this.desk.reopen(this.#lastOne);
  }

  get #lastOne() {
    const { clip, answer, verdict } = this.last;
    return { clip, answer, verdict };
  }

  keep() {
    if (!this.desk.isRevising || this.#isBusy) return;
    this.last.say(this.settings.texts.kept);
    this.desk.leaveRevising();
  }

  #revise(said) {
    const { clip, answer } = this.last;
    const isSame = ["label", "flag", "comment"].every((name) => answer[name] === said[name]);
    if (isSame) {
      this.keep();
      return;
    }
    const fields = { clip: clip.clip, ...said, revises: "1", prediction_shown: "1" };
    this.last.changed(this.outbox.add(fields));
    this.desk.leaveRevising();
  }

  async undo() {
    if (this.#isBusy) return;
    this.#busyWith = this.settings.texts.undoing;
    const { clip, words, isUndone } = await this.undoer.run();
    this.#busyWith = "";
    this.early.settle();
    if (!isUndone) {
      this.last.say(words);
      return;
    }
    this.progress.takenBack();
    if (clip) {
      clip.prediction = null;
      this.desk.takeInstead(clip);
      this.desk.note(this.settings.texts.undone);
    } else if (this.desk.isRevising) this.desk.leaveRevising();
    this.last.forget(clip);
    if (!clip) this.last.say(words);
  }

  async showPrediction() {
    const clip = this.desk.current;
    if (!clip || this.desk.isRevising || clip.prediction) return;
    try {
      const { prediction } = await post(this.settings.urls.show, { clip: clip.clip });
      this.desk.predicted(clip, prediction);
    } catch (problem) {
      this.desk.note(problem.message || this.settings.texts.unreachable);
    }
  }

  beat({ lost }) {
    if (lost.some((clip) => this.desk.held.includes(clip))) this.desk.note(this.settings.texts.lost);
  }

  /** The site can never keep this answer: its clip was withdrawn, or is one's own. */
  #refused({ answer, problem }) {
    this.saveState.refusal(problem.message);
    if (!answer.revises) this.progress.takenBack();
    if (answer.client_id !== this.last.answer?.client_id) return;
    if (this.desk.isRevising) this.desk.leaveRevising();
    this.last.forget();
  }
}
