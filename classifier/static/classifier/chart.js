// Charts of emotions: the course within a clip, and the counts over weeks. Tables beside them say the same.

import "../vendor/chart/chart.umd.min.js";

const { Chart } = globalThis;

export function drawChart(figure) {
  const data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const canvas = figure.querySelector("canvas");
  const options = figure.dataset.chart === "course" ? course(data, figure) : timeline(data, figure);
  const chart = new Chart(canvas, options);
  figure.addEventListener("htmx:beforeCleanupElement", () => chart.destroy(), { once: true });
}

function course({ windows, series }, figure) {
  // A window speaks for its middle; the first and the last also for the ends of the clip.
  const middles = windows.map(({ start_s: start, end_s: end }) => (start + end) / 2);
  const places = [windows[0].start_s, ...middles, windows.at(-1).end_s];
  const datasets = series.map(({ name, colour, values }) => ({
    label: name,
    data: [values[0], ...values, values.at(-1)].map((y, index) => ({ x: places[index], y })),
    borderColor: colour,
    backgroundColor: `${colour}b3`,
    borderWidth: 1,
    pointRadius: 0,
    fill: "stack",
  }));
  const shared = common(figure);
  const { x, y } = shared.scales;
  Object.assign(x, { type: "linear", max: places.at(-1) });
  y.max = 100;
  x.ticks.callback = (seconds) => `${Math.round(seconds)} s`;
  const share = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  y.ticks.callback = (percent) => share.format(percent / 100);
  return { type: "line", data: { datasets }, options: shared };
}

function timeline({ periods, series }, figure) {
  const datasets = series.map(({ name, colour, values }) => ({
    label: name,
    data: values,
    backgroundColor: colour,
    maxBarThickness: 48,
  }));
  return { type: "bar", data: { labels: periods, datasets }, options: common(figure) };
}

function common(figure) {
  const styles = getComputedStyle(figure);
  const ticks = { color: styles.color, maxRotation: 0, autoSkipPadding: 12 };
  const grid = { color: styles.getPropertyValue("--grid") };
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    animation: isStill ? false : { duration: 250 },
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    locale: document.documentElement.lang,
    plugins: { legend: { position: "bottom", labels: { color: styles.color, boxWidth: 12, boxHeight: 12 } } },
    scales: {
      x: { stacked: true, ticks: { ...ticks }, grid: { display: false } },
      y: { stacked: true, beginAtZero: true, ticks: { ...ticks, precision: 0 }, grid },
    },
  };
}
