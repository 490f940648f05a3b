/** The first page of a browser: a one-time code of the owner's terminal lets it in. */
import { h, put } from './dom.js';
import { call, keep } from './api.js';
import { lend } from './queue.js';
import { theme } from './theme.js';

class PairPage extends HTMLElement {
  /** A code that came in the address. */
  code = '';

  connectedCallback() {
    theme();
    const code = h('input', { type: 'text', autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: 'false', required: true, value: this.code });
    const name = h('input', { type: 'text', autocomplete: 'off', required: true, maxlength: 60, value: browserName() });
    const said = h('p.said', { role: 'alert' });
    const button = h('button.button.first.big', { type: 'submit' }, 'Pair');
    put(this, h('form.alone-card', { submit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      put(said);
      try {
        const answer = await call('pair', { method: 'POST', body: { code: code.value.trim(), name: name.value.trim() } });
        keep(answer.key);
        await lend(answer.key).catch(() => {});
        location.replace('./');
      } catch (failure) {
        put(said, failure.message);
        button.disabled = false;
      }
    } },
    h('img', { src: 'icon.svg', alt: '', width: 56, height: 56 }), h('h1', 'Pair this browser'),
    h('p.quiet', 'On the computer that runs Mirror: ', h('code', 'mirror console pair')),
    h('label', 'One-time code', code), h('label', 'Name of this browser', name), said, button));
    (this.code ? button : code).focus();
  }
}

/** What to call this browser. */
export function browserName() {
  const agent = navigator.userAgent;
  const browser = /Firefox/.test(agent) ? 'Firefox' : /Edg\//.test(agent) ? 'Edge' : /Chrome/.test(agent) ? 'Chrome' : /Safari/.test(agent) ? 'Safari' : 'Browser';
  const on = /iPhone|iPad/.test(agent) ? 'iPhone' : /Android/.test(agent) ? 'Android' : /Mac/.test(agent) ? 'Mac' : /Windows/.test(agent) ? 'Windows' : 'Linux';
  return `${browser} on ${on}`;
}

customElements.define('page-pair', PairPage);
