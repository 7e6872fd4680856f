// Brings results to life wherever they appear: on the first page and in fragments that htmx puts in.

import { drawChart } from "./chart.js";
import { watchFailures } from "./failures.js";
import { startPlayer } from "./player.js";
import { startUndo } from "./undo.js";

const STARTERS = [
  [".player", startPlayer],
  [".chart-figure", drawChart],
  [".undo", startUndo],
];

function start(root) {
  for (const [selector, starter] of STARTERS) {
    for (const element of root.querySelectorAll(selector)) starter(element);
    if (root.matches?.(selector)) starter(root);
  }
}

start(document);
watchFailures();
// htmx reports the whole body once, when it starts; that part stands already.
document.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) start(event.target);
});
