/** Makes a passkey of this phone by the code that the owner's terminal showed; the terminal has to show the same words. */
import { h, put } from './dom.js';
import { call, keep, key } from './api.js';
import { enrol, impossible, why } from './passkeys.js';
import { lend } from './queue.js';
import { browserName } from './page-pair.js';
import { theme } from './theme.js';
import { plain } from './visible.js';

class EnrolPage extends HTMLElement {
  code = '';

  connectedCallback() {
    theme();
    const said = h('p.said', { role: 'alert' }, impossible());
    const button = h('button.button.first.big', { type: 'button', disabled: Boolean(impossible()), click: async () => {
      button.disabled = true;
      put(said);
      try {
        if (!key()) await this.#letIn();
        const { device, fingerprint } = await enrol(this.code);
        put(this, h('div.alone-card', h('h1', 'Compare'), h('p', 'The terminal has to show exactly this:'), h('p.words.fingerprint', plain(fingerprint)), h('p.quiet', `Say yes there, and only if it is the same: mirror device confirm ${plain(device)}`), h('a.button.big', { href: './' }, 'To the console')));
      } catch (failure) {
        put(said, why(failure));
        button.disabled = false;
      }
    } }, 'Make a passkey');
    put(this, h('div.alone-card', h('img', { src: 'icon.svg', alt: '', width: 56, height: 56 }), h('h1', 'Approve from this phone'),
      h('p.quiet', 'A passkey stays on this device, behind your finger, face or PIN. Each yes is signed by it for one action that you saw.'), said, button));
    button.focus();
  }

  /** The code that enrols a device lets its browser in, too. */
  async #letIn() {
    const answer = await call('pair', { method: 'POST', body: { code: this.code, name: browserName() } });
    keep(answer.key);
    await lend(answer.key).catch(() => {});
  }
}

customElements.define('page-enrol', EnrolPage);
