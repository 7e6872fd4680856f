// Waveform, spectrogram and playback of one clip. The server sends the curve, so nothing is decoded here.

import WaveSurfer from "../vendor/wavesurfer/wavesurfer.esm.js";
import Spectrogram from "../vendor/wavesurfer/plugins/spectrogram.esm.js";
import { clock } from "./settings.js";

const SAMPLE_RATE = 16000;
const STEP_S = 1;

export function startPlayer(root) {
  root.querySelector(".player-script").hidden = false;
  root.querySelector(".player-plain").remove();
  const wave = WaveSurfer.create({ ...look(root), ...sound(root) });
  showSpectrogram(wave, root);
  connectButtons(wave, root);
  connectSlider(wave, root.querySelector(".waveform"), Number(root.dataset.duration));
  wave.on("error", () => {
    root.querySelector(".player-problem").hidden = false;
  });
  root.addEventListener("htmx:beforeCleanupElement", () => wave.destroy(), { once: true });
}

export function look(root) {
  const colours = getComputedStyle(root);
  return {
    container: root.querySelector(".waveform"),
    height: 72,
    waveColor: colours.getPropertyValue("--wave"),
    progressColor: colours.getPropertyValue("--wave-played"),
    cursorColor: colours.color,
    cursorWidth: 2,
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    normalize: true,
    dragToSeek: true,
    cspNonce: document.querySelector("script[nonce]")?.nonce,
  };
}

function sound(root) {
  const peaks = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const media = new Audio();
  media.preload = "none";
  media.src = root.dataset.audio;
  return { media, peaks: [peaks], duration: Number(root.dataset.duration) };
}

async function showSpectrogram(wave, root) {
  const container = root.querySelector(".spectrogram");
  const response = await fetch(root.dataset.spectrogram).catch(() => null);
  if (!response?.ok) {
    container.hidden = true;
    return;
  }
  const levels = await response.blob();
  // The page may have put something else in the player's place while the levels were on their way.
  if (root.isConnected) drawSpectrogram(wave, container, levels);
}

/** `levels` are the server's, as a blob: the plugin reads its address again whenever the page changes its width. */
export function drawSpectrogram(wave, container, levels) {
  const frequenciesDataUrl = URL.createObjectURL(levels);
  wave.on("destroy", () => URL.revokeObjectURL(frequenciesDataUrl));
  // The server's bands follow the mel scale already, so they are drawn as they are.
  const plugin = Spectrogram.create({
    container,
    height: container.clientHeight,
    scale: "linear",
    labels: false,
    colorMap: "roseus",
    sampleRate: SAMPLE_RATE,
    frequenciesDataUrl,
  });
  wave.registerPlugin(plugin);
  addCursor(wave, container);
}

function addCursor(wave, container) {
  const cursor = document.createElement("div");
  cursor.className = "spectrogram-cursor";
  container.append(cursor);
  const place = (seconds) => cursor.style.setProperty("--at", `${(100 * seconds) / wave.getDuration()}%`);
  wave.on("timeupdate", place);
  container.addEventListener("click", (event) => {
    const box = container.getBoundingClientRect();
    wave.seekTo((event.clientX - box.left) / box.width);
  });
}

/** That a sound cannot be had, such as one that was deleted in another window, is told by `error`. */
function playOrPause(wave) {
  wave.playPause().catch(() => {});
}

export function connectButtons(wave, root) {
  const toggle = root.querySelector(".player-toggle");
  const word = root.querySelector(".player-word");
  const show = (isPlaying) => {
    root.classList.toggle("is-playing", isPlaying);
    word.textContent = isPlaying ? gettext("Pause") : gettext("Play");
  };
  toggle.addEventListener("click", () => playOrPause(wave));
  wave.on("play", () => show(true));
  wave.on("pause", () => show(false));
  wave.on("finish", () => show(false));
  const speed = root.querySelector(".player-speed select");
  speed.addEventListener("change", () => wave.setPlaybackRate(Number(speed.value), true));
  const end = clock(Number(root.dataset.duration));
  const time = root.querySelector(".player-time");
  const tell = (seconds) => {
    time.textContent = `${clock(seconds)} / ${end}`;
  };
  wave.on("timeupdate", tell);
  tell(0);
}

/** The waveform is a slider for the keyboard: arrows move, Space plays. */
export function connectSlider(wave, slider, duration) {
  const moves = { ArrowLeft: -STEP_S, ArrowDown: -STEP_S, ArrowRight: STEP_S, ArrowUp: STEP_S };
  slider.addEventListener("keydown", (event) => {
    if (event.key === " ") playOrPause(wave);
    else if (event.key in moves) wave.skip(moves[event.key]);
    else if (event.key === "Home") wave.setTime(0);
    else if (event.key === "End") wave.setTime(duration);
    else return;
    event.preventDefault();
  });
  wave.on("timeupdate", (seconds) => {
    slider.setAttribute("aria-valuenow", seconds.toFixed(1));
    slider.setAttribute("aria-valuetext", `${clock(seconds)} / ${clock(duration)}`);
  });
}
