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
  if (event.target === document.body) sendEarlyChanges();
  else start(event.target);
});

/** On a slow machine people turn a switch before htmx listens to it: it must not look saved for ever. */
function sendEarlyChanges() {
  const changed = ({ checked, defaultChecked }) => checked !== defaultChecked;
  const form = document.getElementById("sharing");
  if ([...(form?.querySelectorAll("[type=checkbox]") ?? [])].some(changed)) form.requestSubmit();
}
