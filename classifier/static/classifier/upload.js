// One request that sends a recording, told in steps. Which answers are worth another try is decided here.

const RETRY_STATUS = [429, 502, 503, 504];
const LONGEST_WAIT_S = 30;

const noConnection = () => gettext("The site cannot be reached. Your recording is kept here; try again in a moment.");
const signedOut = () => gettext("You were signed out. Sign in in another tab, come back and try again.");
const siteFailed = () => gettext("Something went wrong on the site. Your recording is kept here; try again.");

export class UploadError extends Error {
  /** `message` is for people; `isFinal` ends all tries. */
  constructor(message, { retryAfter = null, isFinal = false } = {}) {
    super(message || siteFailed());
    Object.assign(this, { retryAfter, isFinal });
  }
}

/**
 * Send `form` and resolve with the clip as JSON.
 * The key makes a repeated request answer with the clip that the first one made.
 */
export function send({ url, form, csrfToken, key, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken);
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(errorOf(request));
    });
    request.addEventListener("error", () => reject(new UploadError(noConnection())));
    request.send(form);
  });
}

function errorOf(request) {
  const answer = request.response ?? {};
  if ([401, 403].includes(request.status)) return new UploadError(signedOut());
  // Nothing comes of trying again in seconds, but the person may make room and press the button.
  if (answer.code?.startsWith("quota_")) return new UploadError(answer.detail);
  if (RETRY_STATUS.includes(request.status)) {
    const seconds = Number(request.getResponseHeader("Retry-After")) || 2;
    return new UploadError(answer.detail, { retryAfter: Math.min(seconds, LONGEST_WAIT_S) });
  }
  return new UploadError(answer.detail, { isFinal: Boolean(answer.detail) && request.status < 500 });
}
