// A prediction of the API in the words of the page.

import { percentOf } from "../classifier/settings.js";

/** `text` has places for `label`, `percent` and `version`; `names` are those of the labels. */
export function describe(text, { label, confidence, model_version }, names) {
  const values = { label: names[label], percent: percentOf(confidence), version: model_version };
  return interpolate(text, values, true);
}
