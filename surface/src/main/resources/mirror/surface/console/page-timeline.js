/** Events as they come and as they were: each with what is known of its proof. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { Page, head, nothing } from './page.js';
import { live } from './live.js';
import { when } from './when.js';
import { call, query } from './api.js';
import { reword, route } from './route.js';
import { plain } from './visible.js';
import { clip, human, time, type } from './format.js';
import { eventView } from './event-view.js';
import './list.js';

const PAGE = 200;
const MOST = 5_000;

export const PROOFS = {
  verified: 'its place in the log is proven by a signed checkpoint',
  pending: 'no signed checkpoint covers it yet',
  broken: 'it does not hold against the log',
  unsigned: 'nobody signed for it',
};

/** What an event means at a glance. */
export function tone(line) {
  const name = type(line.type);
  if (/^(block|deny)\b/i.test(line.text) && /decided|answered/.test(name)) return 'failing';
  if (/failed|buried|quarantined|refused|broken|torn|rejected|revoked|alarm/.test(name)) return 'failing';
  if (/requested|withheld|disputed|flagged|tainted/.test(name) || /^ask\b/i.test(line.text)) return 'waiting';
  return '';
}

/** What a row says, made once for each event: rows move on hundreds of times a second. */
const told = new WeakMap();

function tell(line) {
  let words = told.get(line);
  if (!words) {
    const text = clip(plain(human(clip(line.text, 400))), 400);
    words = { time: time(line.time), type: clip(type(line.type), 40), tone: tone(line), text, actor: clip(plain(line.actor), 40) };
    told.set(line, words);
  }
  return words;
}

/** Fills a row with one event; made for being called often. */
export function eventRow(element, line) {
  if (!element.parts) {
    const parts = { proof: h('i.proof', { role: 'img' }), time: h('time'), type: h('b.type'), text: h('span.line'), actor: h('small.actor') };
    element.parts = parts;
    element.classList.add('event-row');
    put(element, parts.proof, parts.time, parts.type, parts.text, parts.actor);
  }
  const { parts } = element;
  const proof = live.proof(line);
  if (element.line === line && element.proof === proof) return;
  const words = tell(line);
  element.line = line;
  element.proof = proof;
  parts.proof.dataset.proof = proof;
  parts.proof.title = `${proof}: ${PROOFS[proof] ?? 'unknown'}`;
  parts.proof.setAttribute('aria-label', proof);
  parts.time.textContent = words.time;
  parts.type.textContent = words.type;
  parts.type.dataset.tone = words.tone;
  parts.text.textContent = words.text;
  parts.actor.textContent = words.actor;
}

class TimelinePage extends Page {
  #list = null;
  #side = null;
  #rows = [];
  #more = true;
  #asking = false;
  #filter = {};
  #fresh = null;
  #newer = 0;
  #round = 0;
  #next = 0;

  show() {
    const { args, words } = route();
    this.#filter = { type: words.get('type') ?? '', subject: words.get('subject') ?? '', session: words.get('session') ?? '', q: words.get('q') ?? '' };
    this.#fresh = h('button.pill', { type: 'button', hidden: true, click: () => { this.#list.scrollTop = 0; this.#seen(); } });
    this.#list = document.createElement('row-list');
    this.#list.setAttribute('aria-label', 'Events, newest first');
    this.#list.fill = eventRow;
    this.#list.choose = (line) => this.#open(line.id);
    this.#list.ended = () => this.#older();
    this.#side = h('aside.side', { hidden: true, 'aria-label': 'Event' });
    put(this, head('Timeline', this.#filters()), h('div.split', h('div.list-frame', this.#fresh, this.#list), this.#side));
    this.on(this.#list, 'scroll', () => this.#list.isAtTop && this.#seen());
    this.on(live, 'change', ({ detail }) => this.#heard(detail));
    this.on(when, 'change', () => this.#ask());
    this.#ask();
    if (args[0]) this.#open(args[0]);
  }

  moved() {
    const { args, words } = route();
    const same = Object.entries(this.#filter).every(([name, value]) => (words.get(name) ?? '') === value);
    if (!same) {
      super.moved();
      return;
    }
    if (args[0]) this.#open(args[0]);
  }

  step(by) {
    this.#list.step(by);
  }

  choose() {
    this.#list.open();
  }

  #filters() {
    const set = (name, value) => {
      this.#filter[name] = value.trim();
      reword(this.#filter);
      this.#ask();
    };
    const field = (name, label, hint) => h('input', {
      type: 'search', 'aria-label': label, placeholder: hint, value: this.#filter[name], autocomplete: 'off', spellcheck: 'false',
      change: (event) => set(name, event.target.value),
    });
    return h('form.filters', { role: 'search', 'aria-label': 'Filter events', submit: (event) => { event.preventDefault(); document.activeElement?.blur(); } },
      field('q', 'Words in events', 'words'), field('type', 'Type of events', 'type, such as action'),
      field('subject', 'Subject of events', 'subject'), field('session', 'Session of events', 'session'));
  }

  #fits(line) {
    const { type: kind, subject, session, q } = this.#filter;
    return (!kind || type(line.type).startsWith(type(kind))) && (!subject || line.subject === subject) && (!session || line.session?.startsWith(session))
      && (!q || `${line.text} ${line.type} ${line.actor} ${line.subject}`.toLowerCase().includes(q.toLowerCase()));
  }

  /** Everything anew: what is at hand at once, the rest from the log. */
  #ask() {
    this.#round++;
    this.#asking = false;
    this.#more = true;
    this.#newer = 0;
    this.#next = 0;
    this.#list.scrollTop = 0;
    const filtered = Object.values(this.#filter).some(Boolean);
    this.#rows = when.isLive ? live.events.filter((line) => this.#fits(line) && when.holds(line.time)).reverse() : [];
    this.#paint();
    if (filtered || !when.isLive || !this.#rows.length) this.#older();
  }

  async #older() {
    if (this.#asking || !this.#more || this.#rows.length >= MOST) return;
    this.#asking = true;
    const round = this.#round;
    const last = this.#rows[this.#rows.length - 1];
    try {
      const answer = await call(`events${query({ ...this.#filter, before: this.#next || last?.seq, limit: PAGE, from: when.from, to: when.to })}`, { signal: this.signal });
      if (round !== this.#round) return;
      const known = new Set(this.#rows.map((line) => line.id));
      this.#rows = [...this.#rows, ...(answer.events ?? []).filter((line) => !known.has(line.id))];
      // Where to go on: the daemon looks at so many events at once, and may have found none that fits.
      this.#next = answer.next ?? 0;
      this.#more = Boolean(answer.more) && (this.#next > 0 || answer.events?.length > 0);
      this.#paint();
    } catch {
      if (round === this.#round) this.#more = false; // the banner tells why
    } finally {
      if (round === this.#round) this.#asking = false;
    }
  }

  #heard({ events, proof, snapshot }) {
    if (snapshot) {
      this.#ask();
      return;
    }
    const mine = when.isLive ? events.filter((line) => this.#fits(line)) : [];
    if (mine.length) {
      this.#rows = [...mine.reverse(), ...this.#rows];
      if (this.#rows.length > MOST) {
        this.#rows.length = MOST - 500;
        this.#more = true;
      }
      if (!this.#list.isAtTop) this.#newer += mine.length;
      this.#paint(mine.length);
    } else if (proof) this.#paint();
  }

  #seen() {
    this.#newer = 0;
    this.#fresh.hidden = true;
  }

  #paint(before = 0) {
    this.#list.show(this.#rows, before);
    this.#fresh.hidden = !this.#newer;
    this.#fresh.textContent = `${this.#newer} new`;
    const empty = this.querySelector('.list-frame > .nothing');
    if (this.#rows.length) empty?.remove();
    else if (!empty && !this.#more) this.#list.before(nothing('No event fits.', 'Take a filter away, or look further back.'));
  }

  #open(id) {
    this.#side.hidden = false;
    this.classList.add('has-side');
    const close = () => {
      this.#side.hidden = true;
      this.classList.remove('has-side');
      this.#list.focus();
    };
    put(this.#side, h('button.icon-button.close', { type: 'button', 'aria-label': 'Close the event', click: close }, icon('close')), eventView(this, id));
    this.#side.onkeydown = (event) => event.key === 'Escape' && close();
  }
}

customElements.define('page-timeline', TimelinePage);
