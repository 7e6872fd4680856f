// The record button and everything it tells: asking, recording, nearly full, done, and why not.

import { Recording, reasonFor, whyImpossible } from "./microphone.js";
import { clock } from "./settings.js";

const WARN_SECONDS = 10;
const HEARD_LEVEL = 0.15;
const QUIET_SECONDS = 3;

const ready = () => gettext("Press the button and speak.");
const recording = () => gettext("Recording. Press the button again when you are done.");
const nearlyFull = () => gettext("The time limit is near; the recording will stop by itself in a few seconds.");
const quiet = () => gettext("No sound yet. Is the right microphone chosen, and not muted?");

export class RecordButton {
  constructor(root, { maxSeconds, onRecorded }) {
    Object.assign(this, { root, onRecorded });
    // The site refuses what is longer, and timers and recorders stop a moment late.
    this.longestSeconds = maxSeconds - Math.min(1, maxSeconds / 10);
    this.button = root.querySelector("#record-button");
    this.name = root.querySelector("#record-name");
    this.time = root.querySelector("#record-time");
    this.level = root.querySelector("#record-level");
    this.status = root.querySelector("#recorder-status");
    this.cancelButton = root.querySelector("#record-cancel");
    root.querySelector("#record-limit").textContent = clock(maxSeconds);
    this.button.addEventListener("click", () => this.press());
    this.cancelButton.addEventListener("click", () => this.cancel());
    const reason = whyImpossible();
    if (reason) {
      this.button.disabled = true;
      this.show("impossible", reason);
    }
    root.hidden = false;
  }

  get isRecording() {
    return this.root.dataset.state === "recording";
  }

  press() {
    if (this.isRecording) this.finish();
    else if (this.root.dataset.state !== "asking") this.begin();
  }

  async begin() {
    this.show("asking", gettext("Your browser is asking whether this page may use the microphone. Please allow it."));
    const lost = gettext("The microphone was disconnected. What was recorded until then is kept.");
    try {
      this.recording = await Recording.start({ onLost: () => this.finish(lost) });
    } catch (error) {
      this.show("refused", reasonFor(error));
      return;
    }
    this.wasHeard = false;
    this.show("recording", recording());
    // A timer, because nothing is drawn in a tab that nobody looks at.
    const full = gettext("The time limit was reached, so the recording stopped by itself.");
    this.limit = setTimeout(() => this.finish(full), this.longestSeconds * 1000);
    this.follow();
  }

  async finish(message = ready()) {
    if (!this.isRecording) return;
    const { seconds } = this.recording;
    this.show("ready", message);
    const sound = await this.recording.stop();
    this.onRecorded(sound, seconds);
  }

  async cancel() {
    this.show("ready", ready());
    await this.recording.stop();
  }

  /** Draw level and time until the recording ends. */
  follow() {
    if (!this.isRecording) return;
    const { seconds, level } = this.recording;
    this.time.textContent = clock(seconds);
    this.level.value = level;
    this.root.style.setProperty("--level", level.toFixed(3));
    this.wasHeard ||= level > HEARD_LEVEL;
    if (this.longestSeconds - seconds <= WARN_SECONDS) this.say(nearlyFull());
    else if (!this.wasHeard && seconds > QUIET_SECONDS) this.say(quiet());
    else this.say(recording());
    requestAnimationFrame(() => this.follow());
  }

  show(state, message) {
    this.root.dataset.state = state;
    const isRecording = state === "recording";
    this.name.textContent = isRecording ? gettext("Stop") : gettext("Record");
    this.cancelButton.hidden = !isRecording;
    if (!isRecording) {
      clearTimeout(this.limit);
      this.level.value = 0;
      this.time.textContent = clock(0);
      this.root.style.setProperty("--level", "0");
    }
    this.say(message);
  }

  /** Screen readers read the status out whenever it is written, so it is written only when it changes. */
  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}
