// Sets the chosen theme before anything is painted; "auto" follows the system.
try {
  const theme = localStorage.getItem("crackle.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
} catch {
  // A browser that keeps nothing follows the system.
}
