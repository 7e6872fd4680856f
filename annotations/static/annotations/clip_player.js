// Plays one clip after another in the same place. Speed and repeat stay as they were chosen.

import WaveSurfer from "../vendor/wavesurfer/wavesurfer.esm.js";
import { connectButtons, connectSlider, drawSpectrogram, look } from "../classifier/player.js";

const STEP_S = 1;
const PICTURE_WITHIN_MS = 300;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** Events: `play`; `blocked` when the browser plays nothing before the person has touched the page. */
export class ClipPlayer extends EventTarget {
  #wave = null;
  #root = null;

  constructor({ container, template, loopButton, preferences }) {
    super();
    Object.assign(this, { container, template, loopButton, preferences });
    loopButton.addEventListener("click", () => this.toggleLoop());
    loopButton.setAttribute("aria-pressed", this.#loops);
  }

  get #loops() {
    return this.preferences.get("loop") === "on";
  }

  get #speed() {
    const kept = Number(this.preferences.get("speed"));
    return SPEEDS.includes(kept) ? kept : 1;
  }

  show(clip) {
    const { media } = clip;
    this.pause();
    this.#begin(media); // first of all: everything else can be done while it plays
    this.#clear();
    const root = this.template.content.firstElementChild.cloneNode(true);
    root.dataset.duration = clip.duration_s;
    root.querySelector(".waveform").setAttribute("aria-valuemax", clip.duration_s);
    this.container.replaceChildren(root);
    this.#root = root;
    this.#wave = WaveSurfer.create({ ...look(root), media, peaks: [clip.peaks], duration: clip.duration_s });
    connectButtons(this.#wave, root);
    connectSlider(this.#wave, root.querySelector(".waveform"), clip.duration_s);
    this.#wave.on("play", () => this.dispatchEvent(new Event("play")));
    if (!media.paused) root.classList.add("is-playing");
    this.#connectSpeed(media);
    this.#picture(this.#wave, clip);
  }

  #begin(media) {
    if (media.currentTime > 0) media.currentTime = 0; // seeking takes time, also to where it is
    this.#apply(media);
    media.play().catch((problem) => {
      if (problem.name === "NotAllowedError") this.dispatchEvent(new Event("blocked"));
    });
  }

  /** The sound must not wait for the picture, which takes the browser some time to draw. */
  #picture(wave, { media, spectrogram }) {
    const container = this.#root.querySelector(".spectrogram");
    container.hidden = !spectrogram;
    const draw = () => {
      clearTimeout(latest);
      media.removeEventListener("playing", draw);
      if (spectrogram && wave === this.#wave) drawSpectrogram(wave, container, spectrogram);
    };
    const latest = setTimeout(draw, PICTURE_WITHIN_MS);
    media.addEventListener("playing", draw);
  }

  #connectSpeed(media) {
    const select = this.#root.querySelector(".player-speed select");
    select.value = this.#speed;
    select.addEventListener("change", () => {
      this.preferences.set("speed", select.value);
      this.#apply(media);
      select.blur(); // the digits are for labels again
    });
  }

  #apply(media) {
    media.loop = this.#loops;
    media.preservesPitch = true;
    media.defaultPlaybackRate = media.playbackRate = this.#speed;
  }

  pause() {
    this.#wave?.pause();
  }

  clear() {
    this.pause();
    this.#clear();
    this.container.replaceChildren();
  }

  #clear() {
    this.#wave?.destroy();
    this.#wave = null;
  }

  toggle() {
    this.#wave?.playPause();
  }

  seek(steps) {
    this.#wave?.skip(steps * STEP_S);
  }

  restart() {
    this.#wave?.setTime(0);
    this.#wave?.play();
  }

  toggleLoop() {
    this.preferences.set("loop", this.#loops ? "off" : "on");
    this.loopButton.setAttribute("aria-pressed", this.#loops);
    if (this.#wave) this.#apply(this.#wave.getMediaElement());
  }

  changeSpeed(steps) {
    const next = SPEEDS[SPEEDS.indexOf(this.#speed) + steps];
    if (!next || !this.#wave) return;
    const select = this.#root.querySelector(".player-speed select");
    select.value = next;
    select.dispatchEvent(new Event("change"));
  }
}
