/** This browser: how it is paired, its passkeys, its bell, its look. */
import { h, put } from './dom.js';
import { Page, head, part } from './page.js';
import { call, keep } from './api.js';
import { impossible } from './passkeys.js';
import { lend } from './queue.js';
import { theme } from './theme.js';
import { plain } from './visible.js';
import { moment } from './format.js';

class DevicePage extends Page {
  show() {
    const about = h('div');
    const passkeys = h('div');
    put(this, head('This device'), h('div.narrow', part('Paired', about), part('Look', this.#look()), part('Bell', this.#bell()), part('Passkeys', passkeys), part('Leave', this.#leave())));
    this.load(about, call('me', { signal: this.signal }), (me) => h('dl.fields', [['daemon', plain(me.device)], ['version', plain(me.version)], ['this browser', plain(me.session?.name)], ['paired', moment(me.session?.since)], ['expires', me.session?.expires && moment(me.session.expires)]]
      .filter(([, value]) => value).map(([name, value]) => [h('dt', name), h('dd', value)])));
    this.#passkeys(passkeys);
  }

  #passkeys(place) {
    this.load(place, call('passkeys', { signal: this.signal }), ({ list = [] }) => [
      impossible() && h('p.quiet', impossible()),
      list.length ? h('ul.items', list.map((each) => h('li.item', h('i.lamp', { 'data-state': 'ok' }), h('span', h('span.title', plain(each.device || each.name)), h('span.under', `${plain(each.name)} · since ${moment(each.since)}`)),
        h('button.button.grave', { type: 'button', click: async (event) => {
          const button = event.currentTarget;
          if (button.dataset.sure === undefined) {
            button.dataset.sure = '';
            put(button, 'Really?');
            return;
          }
          await call(`passkeys/${encodeURIComponent(each.id)}`, { method: 'DELETE' }).catch((failure) => put(button, failure.message));
          this.#passkeys(place);
        } }, 'Revoke')))) : h('p.quiet', 'None. A passkey is enrolled from the terminal: ', h('code', 'mirror device invite NAME')),
    ]);
  }

  #look() {
    const now = theme();
    return h('div.scopes.left-aligned', { role: 'radiogroup', 'aria-label': 'Look' }, ['system', 'light', 'dark'].map((name) => h('label.scope', h('input', { type: 'radio', name: 'theme', checked: name === now, change: () => theme(name) }), name)));
  }

  #bell() {
    return h('p.quiet', 'Signal rings: its topic ', h('code', 'mirror'), ' says that something waits, and never what. Any app for ntfy can hear it; ', h('code', 'docs/signal.md'), ' says how.');
  }

  #leave() {
    return h('div.form', h('p.quiet', 'Forgets the pairing here and in the daemon.'), h('div', h('button.button.grave', { type: 'button', click: async () => {
      await call('leave', { method: 'POST', body: {} }).catch(() => {});
      keep('');
      await lend('').catch(() => {});
      location.replace('./');
    } }, 'Leave')));
  }
}

customElements.define('page-device', DevicePage);
