/** ⌘K: any page, place, session or note by a few letters. And the keys, by ?. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { live } from './live.js';
import { PAGES } from './pages.js';
import { to } from './route.js';
import { plain } from './visible.js';
import { clip } from './format.js';

const MOST = 12;

/**
 * How well letters fit a text: all must occur in order; the start of words counts more. 0 when they do not fit.
 */
export function fit(letters, text) {
  let score = 1;
  let at = -1;
  const low = text.toLowerCase();
  for (const letter of letters.toLowerCase()) {
    if (letter === ' ') continue;
    const next = low.indexOf(letter, at + 1);
    if (next < 0) return 0;
    score += next === at + 1 ? 3 : next === 0 || /[\s:/._-]/.test(low[next - 1]) ? 2 : 0.2;
    at = next;
  }
  return score / (1 + text.length / 200);
}

function choices(words) {
  const all = [
    ...PAGES.map((page) => ({ icon: page.name, name: page.title, kind: 'page', href: to(page.name) })),
    ...[...live.nodes.values()].map((node) => ({
      icon: node.kind === 'session' ? 'sessions' : 'map', name: plain(node.name || node.id), kind: node.kind,
      href: node.kind === 'session' ? to('sessions', [node.id.replace(/^session:/, '')]) : to('map', [node.id]),
    })),
  ];
  const found = words.trim()
    ? all.map((each) => ({ ...each, score: fit(words.trim(), each.name) * (each.kind === 'page' ? 1.5 : 1) })).filter((each) => each.score > 0).sort((a, b) => b.score - a.score).slice(0, MOST)
    : all.slice(0, PAGES.length);
  if (words.trim()) {
    found.push({ icon: 'vault', name: `Notes: ${words.trim()}`, kind: 'search', href: to('vault', [], { q: words.trim() }) },
      { icon: 'timeline', name: `Events: ${words.trim()}`, kind: 'search', href: to('timeline', [], { q: words.trim() }) });
  }
  return found;
}

export function palette() {
  if (document.querySelector('dialog[open]')) return;
  let chosen = 0;
  let found = [];
  const list = h('ul', { role: 'listbox', id: 'found', 'aria-label': 'Found' });
  const field = h('input', {
    type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'found', 'aria-label': 'Find a page, place, session or note',
    placeholder: 'Find a page, place, session or note', autocomplete: 'off', spellcheck: 'false',
  });
  const dialog = h('dialog.palette', { 'aria-label': 'Find', click: (event) => event.target === dialog && dialog.close(), close: () => dialog.remove() }, field, list);
  const paint = () => {
    put(list, found.map((each, at) => h('li', { role: 'option', id: `found-${at}`, 'aria-selected': at === chosen, click: () => open(at) },
      icon(each.icon), h('span', clip(each.name, 80)), h('small', each.kind))));
    field.setAttribute('aria-activedescendant', `found-${chosen}`);
    list.children[chosen]?.scrollIntoView({ block: 'nearest' });
  };
  const open = (at) => {
    dialog.close();
    if (found[at]) location.hash = found[at].href;
  };
  const look = () => {
    chosen = 0;
    found = choices(field.value);
    paint();
  };
  field.addEventListener('input', look);
  field.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      chosen = (chosen + by + found.length) % found.length;
      paint();
    } else if (event.key === 'Enter') open(chosen);
    else return;
    event.preventDefault();
  });
  document.body.append(dialog);
  dialog.showModal();
  look();
}

const KEYS = [['⌘K, /', 'find'], ['?', 'these keys'], ['j, k', 'next, previous'], ['Enter, o', 'open'], ['Esc', 'close'], ['←, →', 'tabs, time'],
  ...PAGES.map((page) => [`g ${page.key}`, page.title])];

export function help() {
  if (document.querySelector('dialog[open]')) return;
  const dialog = h('dialog.help', { 'aria-label': 'Keys', close: () => dialog.remove(), click: (event) => event.target === dialog && dialog.close() },
    h('h2', 'Keys'),
    h('dl', KEYS.map(([name, what]) => h('div', h('dt', h('kbd', name)), h('dd', what)))),
    h('button.button', { type: 'button', click: () => dialog.close() }, 'Close'));
  document.body.append(dialog);
  dialog.showModal();
}
