/** What may be done without asking, by which rule, what was denied, and what the gate would say. */
import { h, put } from './dom.js';
import { Page, head, nothing, part, tabs } from './page.js';
import { when } from './when.js';
import { view } from './api.js';
import { route, to } from './route.js';
import { plain, shown } from './visible.js';
import { ago, clip, count, moment } from './format.js';
import { anything, are } from './table.js';

const TONES = { allow: 'ok', ask: 'waiting', block: 'failing' };

class TrustPage extends Page {
  show() {
    put(this, head('Trust'), ...tabs('Trust', [['Leases', () => this.#leases()], ['Denials', () => this.#denials()], ['What if', () => this.#whatIf()], ['Policy', () => this.#policy()]],
      route().args[0], (name) => history.replaceState(null, '', to('trust', [name]))));
  }

  #leases() {
    const place = h('div');
    const show = () => this.load(place, view('lease', ['list', '--all'], this.signal), ({ data, error }) => {
      if (!are(data, 'holder')) return data ? anything(data) : nothing('No leases are known.', error);
      const valid = data.filter((each) => each.state === 'valid');
      const rest = data.filter((each) => each.state !== 'valid');
      return [part(`In force: ${count(valid.length)}`, valid.length ? h('div.cards.wide', valid.map(lease)) : h('p.quiet', 'Nobody may do anything unasked.')),
        rest.length ? h('details', h('summary', `${count(rest.length)} expired, used up or taken back`), h('div.cards.wide', rest.map(lease))) : null,
        h('p.quiet.foot', 'Take one back on the computer: ', h('code', 'mirror lease revoke ID'))];
    });
    show();
    this.on(when, 'change', show);
    return place;
  }

  #denials() {
    const place = h('div');
    const show = () => this.load(place, view('denials', ['--all'], this.signal), ({ data, error }) => {
      if (!are(data?.denials, 'rule', 'event')) return data ? anything(data) : nothing('Nothing is known of denials.', error);
      const all = data.denials.filter((each) => when.holds(each.time)).sort((a, b) => String(b.time).localeCompare(String(a.time)));
      const stopped = Object.entries(data.stopped ?? {});
      const rules = new Map();
      for (const each of all) rules.set(each.rule, (rules.get(each.rule) ?? 0) + 1);
      return [stopped.length ? part('Stopped sessions', h('ul.items', stopped.map(([id, why]) => h('li.item', h('i.lamp', { 'data-state': 'failing' }), h('span', h('a', { href: to('sessions', [id]) }, clip(plain(id), 40)), h('span.under', plain(typeof why === 'string' ? why : JSON.stringify(why)))), h('span'))))) : null,
        all.length ? [h('p.tags', [...rules].sort((a, b) => b[1] - a[1]).map(([rule, many]) => h('span.tag', `${plain(rule)} ${many}`))),
          h('div.items', all.map((each) => h('a.item', { href: to('timeline', [each.event]) }, h('span.tag', { 'data-tone': 'failing' }, clip(plain(each.rule), 28)), h('span', h('span.title.wrap', clip(plain(each.reason), 400)), h('span.under', `${plain(each.tool)} · ${plain(each.actor)}`)), h('span.end', ago(each.time)))))]
          : nothing('Nothing was denied in this time.', 'Look further back with the span beside the time.')];
    });
    show();
    this.on(when, 'change', show);
    return place;
  }

  #whatIf() {
    const answer = h('div', { 'aria-live': 'polite' });
    const tool = h('input', { type: 'text', value: 'Bash', spellcheck: 'false', autocomplete: 'off', list: 'tools' });
    const text = h('textarea.mono', { rows: 4, spellcheck: 'false', placeholder: 'rm -rf build', required: true });
    const form = h('form.form', { submit: (event) => {
      event.preventDefault();
      this.load(answer, view('policy', ['try', '--tool', tool.value.trim() || 'Bash', text.value], this.signal), ({ data, error }) => (data?.verdict ? verdict(data) : data ? anything(data) : h('p.trouble', error || 'no answer')));
    } },
    h('p.quiet', 'The gate itself answers, by the policy that is in force now. Nothing is run and nothing is recorded.'),
    h('label', 'Tool', tool), h('label', 'Command, or the input of the tool as JSON', text), h('div', h('button.button.first', { type: 'submit' }, 'What would it say?')));
    return h('div.narrow', form, answer);
  }

  #policy() {
    const place = h('div');
    this.load(place, view('policy', ['show'], this.signal), ({ data, error }) => (typeof data === 'string' ? [h('pre.policy', { tabindex: '0' }, shown(data, true))] : data ? anything(data) : nothing('The policy cannot be shown.', error)));
    return place;
  }
}

function lease(each) {
  const limits = Object.entries(each).filter(([name]) => !['id', 'holder', 'state', 'granted', 'by', 'events', 'effects', 'expires', 'spent'].includes(name));
  const spent = Object.entries(each.spent ?? {}).filter(([, amount]) => amount > 0).map(([unit, amount]) => `${count(amount)} ${unit}`).join(', ');
  return h('article.card', h('h3', plain(each.holder), each.state !== 'valid' && h('span.tag', plain(each.state))),
    each.effects?.length ? h('p', 'may ', each.effects.map((effect) => h('code.chip-code', plain(effect)))) : null,
    each.events?.length ? h('p', 'hears ', each.events.map((event) => h('code.chip-code', plain(event)))) : null,
    limits.length ? h('p', 'only ', limits.map(([name, value]) => `${plain(name)} ${plain(typeof value === 'object' ? JSON.stringify(value) : value)}`).join(', ')) : null,
    h('p', h('small', `${plain(each.id)} · by ${plain(each.by)} · until ${moment(each.expires)}${spent ? ` · used: ${spent}` : ''}`)));
}

function verdict(data) {
  const effects = Array.isArray(data.effects) ? data.effects : [];
  return h('div.card.verdict', { 'data-verdict': data.verdict }, h('h3', h('span.tag', { 'data-tone': TONES[data.verdict] ?? '' }, plain(data.verdict)), plain(data.rule)), h('p', plain(data.reason)), h('p', `risk: ${plain(data.risk)}`),
    effects.length ? h('ul.effects', effects.map((effect) => h('li', Object.entries(effect).map(([name, value]) => (name === 'kind' ? plain(value) : ` ${plain(Array.isArray(value) ? value.join(' ') : value === true ? name : value)}`))))) : null);
}

customElements.define('page-trust', TrustPage);
