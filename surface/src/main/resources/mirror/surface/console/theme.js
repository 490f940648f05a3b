/** Light, dark, or as the system has it. */

const NAME = 'mirror.theme';

export function theme(chosen) {
  if (chosen) localStorage.setItem(NAME, chosen);
  const now = localStorage.getItem(NAME) ?? 'system';
  if (now === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = now;
  window.dispatchEvent(new Event('theme'));
  return now;
}
