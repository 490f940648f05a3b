/** The frame around all pages: where one can go, whether anybody answers, what waits. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { live } from './live.js';
import { route, to } from './route.js';
import { time } from './format.js';
import { keys } from './keys.js';
import { MODULES, PAGES, TABS } from './pages.js';
import { theme } from './theme.js';
import './time-bar.js';

class Shell extends HTMLElement {
  #me = {};
  #page = '';
  #main = null;
  #status = h('a.status', { href: to('device'), 'aria-live': 'polite' });
  #banner = h('div.banner', { hidden: true, role: 'status' });
  #timeBar = document.createElement('time-bar');
  #more = null;
  #badges = [];
  #started = false;

  set me(me) {
    this.#me = me;
    this.#paintStatus();
  }

  get me() {
    return this.#me;
  }

  /** The one page of the shell while the browser is not paired. */
  async alone(name, code) {
    this.#started = false;
    this.classList.add('alone');
    await MODULES[name]();
    const page = document.createElement(`page-${name}`);
    page.code = code;
    this.querySelector('main').replaceChildren(page);
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    this.classList.remove('alone');
    theme();
    this.#main ??= this.#frame();
    window.addEventListener('hashchange', () => this.#turn());
    live.addEventListener('change', ({ detail }) => {
      if (detail.online || detail.snapshot) this.#paintStatus();
      if (detail.approvals || detail.snapshot) this.#paintWaiting();
    });
    setInterval(() => live.online || this.#paintStatus(), 5_000);
    keys(this);
    this.#paintStatus();
    this.#turn();
  }

  #frame() {
    const main = this.querySelector('main');
    const rail = this.querySelector('.rail');
    const link = (page) => {
      const badge = page.name === 'approvals' ? h('b.badge', { hidden: true }) : null;
      if (badge) this.#badges.push(badge);
      return h('a', { href: to(page.name), 'data-page': page.name }, icon(page.name), h('span', page.title), badge);
    };
    rail.append(
      h('div.links', PAGES.map(link)),
      h('button.find', { type: 'button', 'aria-keyshortcuts': 'Control+K Meta+K', click: () => this.palette() },
        icon('search'), h('span', 'Find'), h('kbd', navigator.platform?.startsWith('Mac') ? '⌘K' : 'Ctrl K')),
      this.#status);
    this.#more = h('dialog.sheet', { 'aria-label': 'All pages', click: (event) => event.target === this.#more && this.#more.close() },
      h('div.sheet-links',
        h('button', { type: 'button', click: () => { this.#more.close(); this.palette(); } }, icon('search'), h('span', 'Find')),
        PAGES.filter((page) => !TABS.includes(page.name)).map((page) => h('a', { href: to(page.name), click: () => this.#more.close() }, icon(page.name), h('span', page.title)))));
    main.before(this.#banner);
    main.after(this.#timeBar,
      h('nav.tabbar', { 'aria-label': 'Main pages' }, TABS.map((name) => link(PAGES.find((page) => page.name === name))),
        h('button', { type: 'button', 'aria-haspopup': 'dialog', click: () => this.#more.showModal() }, icon('more'), h('span', 'More'))),
      this.#more);
    return main;
  }

  async palette() {
    (await import('./palette.js')).palette();
  }

  async help() {
    (await import('./palette.js')).help();
  }

  /** The page that is shown. */
  get page() {
    return this.#main?.firstElementChild ?? null;
  }

  async #turn() {
    const { name } = route();
    const page = PAGES.find((each) => each.name === name) ?? PAGES[0];
    for (const link of this.querySelectorAll('[data-page]')) {
      if (link.dataset.page === page.name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    this.#timeBar.hidden = !page.timed;
    document.title = `${page.title} · Mirror`;
    this.#paintWaiting();
    if (this.#page === page.name && this.page) {
      this.page.moved();
      return;
    }
    const first = this.#page === '';
    this.#page = page.name;
    try {
      await MODULES[page.name]();
    } catch {
      put(this.#main, h('p.trouble', 'This page could not be loaded; the daemon may be away.'));
      this.#page = '';
      return;
    }
    if (this.#page !== page.name) return;
    this.#main.replaceChildren(document.createElement(`page-${page.name}`));
    this.#main.scrollTop = 0;
    if (!first) this.#main.focus({ preventScroll: true });
  }

  #paintWaiting() {
    const waiting = live.approvals.length;
    for (const badge of this.#badges) {
      badge.hidden = !waiting;
      put(badge, waiting > 99 ? '99+' : waiting, h('span.for-readers', waiting === 1 ? ' waits' : ' wait'));
    }
    document.title = document.title.replace(/^(\(\d+\) )?/, waiting ? `(${waiting}) ` : '');
    navigator.setAppBadge?.(waiting).catch(() => {});
  }

  #paintStatus() {
    const away = !live.online && live.offlineSince;
    const state = away ? 'off' : live.online ? 'on' : 'unknown';
    put(this.#status, h('i.lamp', { 'data-state': state, 'aria-hidden': 'true' }),
      h('span', this.#me.device || live.origin || 'Mirror', h('small', away ? `offline since ${time(away)}` : live.online ? 'live' : 'connecting')));
    const words = away ? [h('span', `Offline since ${time(away)}. What you see is from then; it goes on by itself.`)]
      : this.#me.kill ? [h('span', 'Everything is stopped: the kill switch is on.')]
        : this.#me.away ? [h('span', 'You are away: what asks is refused.')] : [];
    this.#banner.hidden = !words.length;
    this.#banner.classList.toggle('grave', Boolean(!away && this.#me.kill));
    if (this.#banner.textContent !== words.map((word) => word.textContent).join('')) put(this.#banner, words);
  }
}

customElements.define('mirror-shell', Shell);
