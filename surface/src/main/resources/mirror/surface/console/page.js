/**
 * What all pages are: an element that lives while it is shown. What it listens to and asks for ends with it.
 */
import { h, put } from './dom.js';
import { ApiError } from './api.js';

export class Page extends HTMLElement {
  #life = new AbortController();

  /** Ends when the page is left. */
  get signal() {
    return this.#life.signal;
  }

  connectedCallback() {
    this.#life = new AbortController();
    this.show();
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** Fills the page; called whenever it is shown. */
  show() {}

  /** The address has other words or arguments now; called with the page in place. */
  moved() {
    this.replaceChildren();
    this.show();
  }

  /** A step in the list of the page, by j and k; Enter is `choose`. */
  step(_by) {}

  on(target, type, listener) {
    target.addEventListener(type, listener, { signal: this.signal });
  }

  every(ms, work) {
    const timer = setInterval(() => document.hidden || work(), ms);
    this.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /**
   * Fills a place with what comes: a quiet placeholder first, one sentence when it fails, and nothing at all when the page was left.
   *
   * @param {Element} place
   * @param {Promise<*>} coming
   * @param {(data: *) => *} render what to put there
   */
  async load(place, coming, render) {
    const slow = setTimeout(() => place.childNodes.length || put(place, h('p.quiet', 'Loading…')), 150);
    try {
      const data = await coming;
      if (this.signal.aborted) return;
      put(place, render(data));
    } catch (failure) {
      if (failure.name === 'AbortError' || this.signal.aborted) return;
      if (!(failure instanceof ApiError)) console.warn(failure);
      put(place, trouble(failure));
    } finally {
      clearTimeout(slow);
    }
  }
}

/** A failure in one sentence. */
export function trouble(failure) {
  const text = failure instanceof ApiError ? failure.message : 'This part of the page cannot show what came.';
  return h('p.trouble', { role: 'status' }, text);
}

/** Nothing is there, and why that is so. */
export function nothing(title, hint = '') {
  return h('div.nothing', h('p', title), hint && h('p.quiet', hint));
}

/** The head of a page. */
export function head(title, ...beside) {
  return h('header.head', h('h1', title), h('div.beside', beside));
}

/** A part of a page with a title. */
export function part(title, ...content) {
  const id = `part-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return h('section.part', { 'aria-labelledby': id }, h('h2', { id }, title), content);
}

/**
 * Shows one of several parts, by tabs.
 *
 * @param {[string, () => Node][]} parts name and content, made when it is first looked at
 */
export function tabs(label, parts, chosen = parts[0][0], changed = () => {}) {
  const panel = h('div.tab-panel', { role: 'tabpanel', id: 'tab-panel', tabindex: '-1' });
  const bar = h('div.tabs', { role: 'tablist', 'aria-label': label });
  const made = new Map();
  const choose = (name, focus) => {
    for (const tab of bar.children) {
      const mine = tab.dataset.name === name;
      tab.setAttribute('aria-selected', mine);
      tab.tabIndex = mine ? 0 : -1;
      if (mine) {
        panel.setAttribute('aria-labelledby', tab.id);
        if (focus) tab.focus();
      }
    }
    if (!made.has(name)) made.set(name, parts.find(([each]) => each === name)[1]());
    panel.replaceChildren(made.get(name));
  };
  parts.forEach(([name], at) => bar.append(h('button.tab', {
    type: 'button', role: 'tab', id: `tab-${at}`, 'data-name': name, 'aria-controls': 'tab-panel',
    click: () => { choose(name); changed(name); },
    keydown: (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = parts[(at + by + parts.length) % parts.length][0];
      choose(next, true);
      changed(next);
    },
  }, name)));
  choose(parts.some(([name]) => name === chosen) ? chosen : parts[0][0]);
  return [bar, panel];
}
