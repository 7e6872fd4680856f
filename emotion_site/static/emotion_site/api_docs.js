// Swagger UI goes by a class, the site by an attribute or, where nobody chose, by the system.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function followTheme() {
  const chosen = root.dataset.theme;
  root.classList.toggle("dark-mode", chosen ? chosen === "dark" : system.matches);
}

system.addEventListener("change", followTheme);
followTheme();
