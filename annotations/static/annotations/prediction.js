// A prediction of the API in the words of the page.

import { fill } from "../classifier/settings.js";

/** `text` has places for `label`, `percent` and `version`; `names` are those of the labels. */
export function describe(text, { label, confidence, model_version }, names) {
  return fill(text, { label: names[label], percent: Math.round(100 * confidence), version: model_version });
}
