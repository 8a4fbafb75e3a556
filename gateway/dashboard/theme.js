// Light or dark. This is a classic script in the head, so that the choice applies before the first
// paint.

(() => {
  const theme = localStorage.getItem("culvert.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
})();
