// Charts: emotions within a clip and over weeks, agreement over weeks, a training run. Tables beside them say the same.

import "../vendor/chart/chart.umd.min.js";

const { Chart } = globalThis;
const KINDS = { course, timeline, lines };
const DASHES = [[], [6, 4]];

export function drawChart(figure) {
  const data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  forgetOldCharts();
  new Chart(figure.querySelector("canvas"), KINDS[figure.dataset.chart](data, figure));
}

/** Of figures that something else has replaced. */
function forgetOldCharts() {
  for (const chart of Object.values(Chart.instances)) if (!chart.canvas.isConnected) chart.destroy();
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

/** Figures over an `axis` such as epochs or, with `days` and their `names`, over dates; null interrupts a line. */
function lines({ axis, places, days, names, top, series }, figure) {
  const xs = days?.map((day) => Date.parse(day)) ?? places;
  const styles = getComputedStyle(figure);
  const datasets = series.map(({ name, values }, index) => {
    const colour = styles.getPropertyValue(`--line-${index + 1}`);
    return {
      label: name,
      data: values.map((y, at) => ({ x: xs[at], y })),
      borderColor: colour,
      backgroundColor: colour,
      borderDash: DASHES[index],
      borderWidth: 2.5,
      pointRadius: 3.5,
      clip: 8, // half of the first and the last point stands outside
    };
  });
  const shared = common(figure);
  const { x, y } = shared.scales;
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  // Dates as the table writes them.
  const place = (value) => (days ? names[xs.indexOf(value)] : number.format(value));
  Object.assign(x, { type: "linear", stacked: false, ...(xs.length > 1 && { min: xs[0], max: xs.at(-1) }) });
  // The first and the last: others would fall between two weeks.
  if (days)
    x.afterBuildTicks = (scale) =>
      Object.assign(scale, { ticks: [...new Set([xs[0], xs.at(-1)])].map((value) => ({ value })) });
  x.ticks.callback = place;
  Object.assign(x.ticks, { precision: 0, align: days && xs.length > 1 ? "inner" : "center" });
  x.title = { display: Boolean(axis), text: axis, color: x.ticks.color };
  Object.assign(y, { stacked: false, max: top ?? undefined });
  delete y.ticks.precision;
  const title = (items) => place(items[0].parsed.x);
  shared.plugins.tooltip = { callbacks: { title } };
  Object.assign(shared.plugins.legend.labels, { boxWidth: 24, boxHeight: 0 });
  // It is drawn anew whenever the page of a run hears of a change.
  return { type: "line", data: { datasets }, options: { ...shared, animation: false } };
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
