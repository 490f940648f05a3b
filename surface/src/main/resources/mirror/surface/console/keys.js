/** Keys without a mouse: ⌘K and / find, ? tells the keys, g and a letter go to a page, j and k step, Enter opens. */
import { go } from './route.js';
import { PAGES } from './pages.js';

export function keys(shell) {
  let going = 0;
  document.addEventListener('keydown', (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      shell.palette();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || typing(event.target) || document.querySelector('dialog[open]')) return;
    if (performance.now() - going < 1_500) {
      going = 0;
      const page = PAGES.find((each) => each.key === event.key);
      if (page) {
        event.preventDefault();
        go(page.name);
      }
      return;
    }
    switch (event.key) {
      case 'g': going = performance.now(); break;
      case '/': shell.palette(); break;
      case '?': shell.help(); break;
      case 'j': shell.page?.step(1); break;
      case 'k': shell.page?.step(-1); break;
      case 'o': shell.page?.choose?.(); break;
      default: return;
    }
    event.preventDefault();
  });
}

function typing(target) {
  return target.matches?.('input, textarea, select, [contenteditable]');
}
