// One recording from the microphone: opening it, its level, and the encoded sound at the end.

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/** Why this page cannot record at all, or "" when it can. */
export function whyImpossible() {
  if (!window.isSecureContext) {
    return gettext(
      "Browsers record only on a secure address, which begins with https. Ask your administrator for it. " +
        "Until then you can upload a file.",
    );
  }
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    return gettext("This browser cannot record. Upload a file, or use a current browser.");
  }
  return "";
}

/** Why the microphone did not open. */
export function reasonFor(error) {
  if (["NotAllowedError", "SecurityError"].includes(error.name)) {
    return gettext(
      "This page may not use the microphone. Allow it at the left of the address bar (the icon beside " +
        "the address), then press the button again. You can also upload a file.",
    );
  }
  if (["NotFoundError", "OverconstrainedError"].includes(error.name)) {
    return gettext("No microphone was found. Connect one and press the button again, or upload a file.");
  }
  return gettext("The microphone cannot be opened; perhaps another program is using it. Close it and try again.");
}

export class Recording {
  /** Ask for the microphone and start. Rejects with the browser's error. */
  static async start({ onLost }) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    try {
      return new Recording(stream, onLost);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  }

  constructor(stream, onLost) {
    this.stream = stream;
    this.parts = [];
    this.startedAt = performance.now();
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    this.recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    this.recorder.addEventListener("dataavailable", (event) => this.parts.push(event.data));
    this.finished = new Promise((resolve) => this.recorder.addEventListener("stop", resolve));
    stream.getAudioTracks()[0].addEventListener("ended", onLost);
    // A part every second, so that a lost microphone costs at most that second.
    this.recorder.start(1000);
    this.#listen();
  }

  #listen() {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(this.stream).connect(this.analyser);
  }

  get seconds() {
    return (performance.now() - this.startedAt) / 1000;
  }

  /** Level from 0 to 1, where 0 is 60 dB below the loudest possible. */
  get level() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    return Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-10)) / 60));
  }

  /** Stop and return the sound as a Blob. */
  async stop() {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    await this.finished;
    this.release();
    return new Blob(this.parts, { type: this.recorder.mimeType });
  }

  release() {
    for (const track of this.stream.getTracks()) track.stop();
    this.context.close();
  }
}
