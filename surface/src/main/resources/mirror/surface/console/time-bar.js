/** The time that all pages look at, and a slider through the past. */
import { h } from './dom.js';
import { when } from './when.js';
import { call } from './api.js';
import { moment, time } from './format.js';

const STEPS = 1_000;

class TimeBar extends HTMLElement {
  #slider = h('input', { type: 'range', min: 0, max: STEPS, value: STEPS, step: 1, 'aria-label': 'Moment that is shown' });
  #words = h('output.moment');
  #live = h('button.live', { type: 'button', click: () => when.live() }, h('i.lamp', { 'aria-hidden': 'true' }), 'Live');
  #span = h('select', { 'aria-label': 'How far back' }, when.spans.map((span) => h('option', { value: span }, span)));
  #first = null;

  connectedCallback() {
    if (this.firstChild) return;
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', 'Time');
    this.append(this.#live, this.#slider, this.#words, this.#span);
    this.#span.value = when.span;
    this.#span.addEventListener('change', () => when.within(this.#span.value));
    let timer = 0;
    this.#slider.addEventListener('input', () => {
      clearTimeout(timer);
      const date = this.#dateAt(Number(this.#slider.value));
      this.#say(date);
      timer = setTimeout(() => when.look(date), 90);
    });
    when.addEventListener('change', () => this.#paint());
    this.#paint();
  }

  /** The last step is now. */
  #dateAt(step) {
    if (step >= STEPS) return null;
    const now = Date.now();
    const start = this.#start(now);
    return new Date(start + ((now - start) * step) / STEPS);
  }

  #start(now) {
    const spans = { '1h': 3_600e3, '24h': 86_400e3, '7d': 604_800e3, '30d': 2_592_000e3 };
    return when.span in spans ? now - spans[when.span] : this.#first ?? now - 31_536_000e3;
  }

  async #paint() {
    const now = Date.now();
    if (when.span === 'all' && this.#first === null) {
      try {
        this.#first = Date.parse((await call('map?at=1')).time) || null;
      } catch {
        // the start of the log is not known: a year back
      }
    }
    const at = when.at?.getTime() ?? now;
    const start = this.#start(now);
    if (document.activeElement !== this.#slider) this.#slider.value = Math.round(((at - start) / (now - start)) * STEPS);
    else if (when.isLive) this.#slider.value = STEPS;
    this.#span.value = when.span;
    this.#live.setAttribute('aria-pressed', when.isLive);
    this.classList.toggle('past', !when.isLive);
    this.#say(when.at);
  }

  #say(date) {
    this.#words.textContent = date ? time(date) : 'now';
    this.#slider.setAttribute('aria-valuetext', date ? moment(date) : 'now');
  }
}

customElements.define('time-bar', TimeBar);
