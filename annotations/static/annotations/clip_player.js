// Plays one clip after another in the same place. Speed and repeat stay as they were chosen.

import WaveSurfer from "../vendor/wavesurfer/wavesurfer.esm.js";
import { connectButtons, connectSlider, drawSpectrogram, look } from "../classifier/player.js";

const STEP_S = 1;
const PICTURE_WITHIN_MS = 300;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

export class ClipPlayer {
  #wave = null;
  #root = null;

  /** `onBlocked` hears when the browser plays nothing before the person has touched the page. */
  constructor({ place, template, loopButton, memory, onPlay, onBlocked }) {
    Object.assign(this, { place, template, loopButton, memory, onPlay, onBlocked });
    loopButton.addEventListener("click", () => this.toggleLoop());
    loopButton.setAttribute("aria-pressed", this.#loops);
  }

  get #loops() {
    return this.memory.get("loop") === "on";
  }

  get #speed() {
    const kept = Number(this.memory.get("speed"));
    return SPEEDS.includes(kept) ? kept : 1;
  }

  show(clip) {
    const { media } = clip;
    this.pause();
    this.#begin(media); // first of all: everything else can be done while it plays
    this.#clear();
    const root = this.template.content.firstElementChild.cloneNode(true);
    root.dataset.duration = clip.seconds;
    root.querySelector(".waveform").setAttribute("aria-valuemax", clip.seconds);
    this.place.replaceChildren(root);
    this.#root = root;
    this.#wave = WaveSurfer.create({ ...look(root), media, peaks: [clip.peaks], duration: clip.seconds });
    connectButtons(this.#wave, root);
    connectSlider(this.#wave, root.querySelector(".waveform"), clip.seconds);
    this.#wave.on("play", this.onPlay);
    if (!media.paused) root.classList.add("is-playing");
    this.#connectSpeed(media);
    this.#picture(this.#wave, clip);
  }

  #begin(media) {
    if (media.currentTime > 0) media.currentTime = 0; // seeking takes time, also to where it is
    this.#apply(media);
    media.play().catch((problem) => problem.name === "NotAllowedError" && this.onBlocked());
  }

  /** The sound must not wait for the picture, which takes the browser some time to draw. */
  #picture(wave, { media, levels }) {
    const container = this.#root.querySelector(".spectrogram");
    container.hidden = !levels;
    const draw = () => {
      clearTimeout(latest);
      media.removeEventListener("playing", draw);
      if (levels && wave === this.#wave) drawSpectrogram(wave, container, levels);
    };
    const latest = setTimeout(draw, PICTURE_WITHIN_MS);
    media.addEventListener("playing", draw);
  }

  #connectSpeed(media) {
    const select = this.#root.querySelector(".player-speed select");
    select.value = this.#speed;
    select.addEventListener("change", () => {
      this.memory.set("speed", select.value);
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
    this.place.replaceChildren();
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
    this.memory.set("loop", this.#loops ? "off" : "on");
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
