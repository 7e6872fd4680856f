// Follows a run through a WebSocket. While it is open the page need not ask every second; when it
// cannot be had, or breaks, the asking goes on.

const live = () => document.getElementById("live");
let isOpen = false;

function fetchNow() {
  const part = live();
  if (part?.dataset.socket) htmx.ajax("GET", part.getAttribute("hx-get"), { target: part, swap: "outerHTML" });
}

function follow(path) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  socket.addEventListener("open", () => {
    isOpen = true;
  });
  socket.addEventListener("message", fetchNow);
  socket.addEventListener("close", () => {
    isOpen = false;
  });
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const isPolling = event.detail.elt.id === "live" && event.detail.requestConfig.triggeringEvent === undefined;
  if (isOpen && isPolling) event.preventDefault();
});

// A table that somebody opened stays open when newer figures come.
let opened = [];
document.body.addEventListener("htmx:beforeSwap", () => {
  opened = [...(live()?.querySelectorAll("details[open]") ?? [])].map(({ id }) => id);
});
document.body.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
});

const path = live()?.dataset.socket;
if (path) follow(path);
