// Light or dark. A script of the old kind, in the head: the choice stands before anything is painted.

(() => {
  const theme = localStorage.getItem("culvert.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
})();
