/** A thought into the log, at once, or as soon as somebody answers. */
import { h, put } from './dom.js';
import { Page, head } from './page.js';
import { live } from './live.js';
import { key } from './api.js';
import * as queue from './queue.js';
import { plain } from './visible.js';
import { time } from './format.js';

const KEPT = 'Kept on this device; it goes into the log when Mirror answers.';

class CapturePage extends Page {
  #text = null;
  #said = null;
  #waiting = null;
  #turn = Promise.resolve([]);

  show() {
    this.#text = h('textarea.capture-text', { 'aria-label': 'What is on your mind', placeholder: 'What is on your mind?', maxlength: 20_000, autocapitalize: 'sentences', keydown: (event) => (event.metaKey || event.ctrlKey) && event.key === 'Enter' && this.#keep() });
    this.#said = h('p.said', { role: 'status' });
    this.#waiting = h('div.waiting');
    put(this, head('Capture'), h('form.capture', { submit: (event) => { event.preventDefault(); this.#keep(); } }, this.#text, this.#said, h('button.button.first.big', { type: 'submit' }, 'Capture')), this.#waiting);
    this.#text.focus();
    this.#text.value = sessionStorage.getItem('mirror.draft') ?? '';
    this.on(this.#text, 'input', () => sessionStorage.setItem('mirror.draft', this.#text.value));
    this.on(live, 'change', ({ detail }) => detail.online && live.online && this.#send());
    this.on(window, 'online', () => this.#send());
    this.every(15_000, () => this.#send());
    this.#send();
  }

  async #keep() {
    const text = this.#text.value.trim();
    if (!text) return;
    const capture = { id: crypto.randomUUID(), text, time: new Date().toISOString() };
    try {
      await queue.put(capture);
    } catch {
      put(this.#said, 'This browser could not keep it; the text is still here.');
      return;
    }
    this.#text.value = '';
    sessionStorage.removeItem('mirror.draft');
    this.#text.focus();
    put(this.#said, KEPT);
    const left = await this.#send();
    put(this.#said, left.includes(capture.id) ? KEPT : 'In the log.');
  }

  /** One after the other, so that what was just kept goes along. @returns {Promise<string[]>} ids that are still here */
  #send() {
    this.#turn = this.#turn.then(() => this.#flush());
    return this.#turn;
  }

  async #flush() {
    try {
      await queue.lend(key());
      const left = await queue.flush(key());
      if (left) navigator.serviceWorker?.ready.then((worker) => worker.sync?.register('captures')).catch(() => {});
    } catch {
      // no storage: what is typed stays in its field
    }
    return this.#paint();
  }

  async #paint() {
    const left = await queue.queued().catch(() => []);
    put(this.#waiting, left.length ? [h('h2', `${left.length} not in the log yet`), h('ul.items', left.map((each) => h('li.item', h('i.lamp', { 'data-state': each.refused ? 'failing' : 'unknown' }), h('span', h('span.title.wrap', plain(each.text)), each.refused && h('span.under.wrap', plain(each.refused))),
      each.refused ? h('button.button', { type: 'button', click: async () => { await queue.remove(each.id); this.#paint(); } }, 'Drop') : h('span.end', time(each.time)))))] : null);
    return left.map((each) => each.id);
  }
}

customElements.define('page-capture', CapturePage);
