// Puts the chosen theme on the page before its first paint. `src/theme/theme.ts` keeps the choice.
try {
  const theme = localStorage.getItem('weft.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage, no choice: the system decides.
}
