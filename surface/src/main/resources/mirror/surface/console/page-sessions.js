/** Sessions of all clients: what each was for, what it did, what was decided of it, and who went on with it. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { Page, head, nothing, part } from './page.js';
import { live } from './live.js';
import { when } from './when.js';
import { call, query, view } from './api.js';
import { go, route, to } from './route.js';
import { plain } from './visible.js';
import { ago, clip, count, leaf, moment, money, ofDay, span, type } from './format.js';
import { anything, are } from './table.js';
import { markdown } from './markdown.js';
import { whole } from './note.js';

const CALLS = /^mirror\.action\.(decided|completed|failed)\./;
const FIELDS = new Set(['id', 'client', 'project', 'state', 'opened', 'last', 'intent', 'answer', 'prompts', 'actions', 'failures', 'denials', 'compactions', 'event', 'completed', 'unreported', 'crystal', 'files', 'taint']);

function lamp(session) {
  if (live.approvals.some((each) => each.session === session.id)) return 'waiting';
  if (session.taint?.tainted) return 'warning';
  return session.state === 'open' ? 'busy' : 'off';
}

class SessionsPage extends Page {
  #list = null;
  #side = null;
  #sessions = [];
  #words = '';
  #id = '';
  #events = [];

  show() {
    this.#list = h('div.items');
    this.#side = h('aside.detail', { 'aria-label': 'Session' });
    put(this, this.head = head('Sessions', h('input.find-field', { type: 'search', 'aria-label': 'Words in sessions', placeholder: 'words', input: (event) => { this.#words = event.target.value.toLowerCase(); this.#paint(); } })),
      h('div.two', h('div', this.#list), this.#side));
    this.on(when, 'change', () => {
      this.#ask();
      this.#choose(this.#id);
    });
    let asked = 0;
    this.on(live, 'change', ({ detail }) => {
      const mine = detail.events.filter((line) => line.session === this.#id);
      if (mine.length && when.isLive) {
        this.#events = [...mine.reverse(), ...this.#events];
        this.#paintCalls();
      }
      if (detail.events.some((line) => /session\.|action\./.test(line.type)) && performance.now() - asked > 3_000) {
        asked = performance.now();
        this.#ask();
      }
    });
    this.#ask();
    this.#choose(route().args[0] ?? '');
  }

  moved() {
    this.#choose(route().args[0] ?? '');
    this.#paint();
  }

  step(by) {
    const all = this.#shown();
    if (!all.length) return;
    const at = all.findIndex((session) => session.id === this.#id);
    go('sessions', [all[Math.max(0, Math.min(all.length - 1, at + by))].id]);
  }

  async #ask() {
    try {
      const { data } = await view('session', ['list'], this.signal);
      this.#sessions = are(data, 'id') ? data : [];
      this.#paint();
    } catch (failure) {
      if (failure.name !== 'AbortError') put(this.#list, h('p.trouble', failure.message));
    }
  }

  #shown() {
    return this.#sessions
      .filter((session) => when.holds(session.last) || session.state === 'open')
      .filter((session) => !this.#words || `${session.intent} ${session.project} ${session.client} ${session.id}`.toLowerCase().includes(this.#words))
      .sort((a, b) => (a.state !== 'open') - (b.state !== 'open') || String(b.last).localeCompare(String(a.last)));
  }

  #paint() {
    const all = this.#shown();
    const older = this.#sessions.length - all.length;
    put(this.#list, all.length ? all.map((session) => h('a.item', { href: to('sessions', [session.id]), class: session.id === this.#id ? 'is-chosen' : null, 'aria-current': session.id === this.#id ? 'true' : null },
      h('i.lamp', { 'data-state': lamp(session), title: session.state }),
      h('span', h('span.title', clip(plain(session.intent), 140) || h('span.quiet', 'nothing was said yet')),
        h('span.under', [session.client, leaf(session.project), session.actions !== undefined && `${count(session.actions)} actions`].filter(Boolean).map(plain).join(' · '))),
      h('span.end', session.last ? ago(session.last) : plain(session.state), session.denials > 0 && h('span.denied', ` ${session.denials} denied`))))
      : nothing('No session in this time.', 'Connect a client and work as always.'),
    older > 0 && !this.#words && h('button.item.plain-button', { type: 'button', click: () => when.within('all') }, h('span'), h('span.quiet', `${older} older; show all`), h('span')));
  }

  #choose(id) {
    this.#id = id;
    this.classList.toggle('has-detail', Boolean(id));
    if (!id) {
      put(this.#side, h('p.quiet.centred.padded', 'Choose a session.'));
      return;
    }
    const place = h('div');
    put(this.#side, h('a.button.to-list', { href: to('sessions') }, icon('back'), 'All sessions'), place);
    this.load(place, Promise.all([view('session', ['show', id], this.signal), call(`events${query({ session: id, limit: 200, to: when.to })}`, { signal: this.signal }), view('handoff', ['list', '--all'], this.signal).catch(() => ({ data: [] }))]),
      ([shown, events, handoffs]) => this.#detail(shown, events.events ?? [], are(handoffs.data, 'id') ? handoffs.data : []));
  }

  #detail({ data: session, error }, events, handoffs) {
    if (!session?.id) return session ? anything(session) : h('p.trouble', error || 'This session is not known.');
    this.#events = events;
    this.calls = h('div');
    const mine = handoffs.filter((each) => each.session === session.id || each.holder === session.id || (each.project && each.project === session.project));
    const rest = Object.fromEntries(Object.entries(session).filter(([name]) => !FIELDS.has(name)));
    this.#paintCalls();
    return [
      h('h2.intent', clip(plain(session.intent), 1_000) || 'nothing was said yet'),
      h('p.tags', h('span.tag', { 'data-tone': session.state === 'open' ? 'ok' : '' }, plain(session.state)), h('span.tag', plain(session.client)),
        session.taint?.tainted && h('span.tag', { 'data-tone': 'warning' }, 'tainted'), session.unreported && h('span.tag', { 'data-tone': 'warning' }, 'did not report'), session.completed && h('span.tag', { 'data-tone': 'ok' }, 'reported')),
      h('dl.fields', [['project', plain(session.project)], ['began', moment(session.opened)], ['last', `${moment(session.last)} (${ago(session.last)})`], ['took', span(Date.parse(session.last) - Date.parse(session.opened))],
        ['did', `${count(session.prompts)} prompts, ${count(session.actions)} actions, ${count(session.failures)} failed, ${count(session.denials)} denied`],
        ['id', h('span.mono', plain(session.id))]].map(([name, value]) => [h('dt', name), h('dd', value)])),
      session.answer && part('Last word', h('p.answer-text', clip(plain(session.answer), 4_000))),
      part('Calls and decisions', this.calls),
      this.#cost(session),
      session.files?.length ? part('Files', h('ul.plain.mono', session.files.map((file) => h('li.break', plain(file))))) : null,
      mine.length ? part('Hand-overs', h('ol.thread', mine.map((each) => h('li', h('b', plain(each.task)), h('span.quiet', ` ${plain(each.status)} · from ${plain(each.client)} ${ago(each.created)}`), each.next && h('p', `next: ${plain(each.next)}`),
        each.holder && h('p', 'taken by ', h('a', { href: to('sessions', [each.holder]) }, clip(plain(each.holder), 13))))))) : null,
      session.crystal ? this.#crystal(session) : null,
      Object.keys(rest).length ? part('More', anything(rest)) : null,
      h('p', h('a', { href: to('timeline', [], { session: session.id }) }, 'All its events')),
    ];
  }

  /** The crystal is a note in the vault; the command knows its place on disk. */
  #crystal(session) {
    const place = h('div.note-text');
    const path = String(session.crystal).replace(/^.*\/(Mirror\/)/, '$1');
    this.load(place, call(`note${query({ path })}`, { signal: this.signal }).then(whole), (note) => [markdown(note.text, () => note.links ?? []), h('p', h('a', { href: to('vault', [note.path]) }, 'Open in the vault'))]);
    return part('Crystal', h('details.crystal', h('summary', plain(leaf(session.crystal))), place));
  }

  #cost(session) {
    const receipts = this.#events.filter((line) => type(line.type) === 'calls.completed').slice(0, 20);
    if (!receipts.length) return null;
    const place = h('div');
    this.load(place, Promise.all(receipts.map((line) => call(`events/${encodeURIComponent(line.id)}`, { signal: this.signal }).catch(() => null))), (all) => {
      const calls = all.flatMap((each) => each?.event?.data?.calls ?? []).filter((each) => !each.session || each.session === session.id);
      const sum = (name) => calls.reduce((total, each) => total + (Number(each[name]) || 0), 0);
      return h('p', `${count(calls.length)} calls of models, ${count(sum('in'))} tokens in, ${count(sum('out'))} out, ${money(sum('money'))}`, receipts.length === 20 && h('span.quiet', ' (of the last receipts)'));
    });
    return part('Cost', place);
  }

  #paintCalls() {
    if (!this.calls) return;
    const calls = this.#events.filter((line) => CALLS.test(line.type) && when.holds(line.time)).slice(0, 200);
    const rows = calls.map((line) => {
      const verdict = /^(allow|ask|block)\b/.exec(line.text)?.[1];
      return h('a.item', { href: to('timeline', [line.id]) },
        h('span.tag', { 'data-tone': { block: 'failing', ask: 'waiting', allow: 'ok' }[verdict] ?? (line.type.includes('failed') ? 'failing' : '') }, verdict ?? type(line.type).split('.')[1]),
        h('span', h('span.title.mono', clip(plain(clip(line.text.replace(/^(allow|ask|block) /, ''), 300)), 200))), h('span.end', ofDay(line.time)));
    });
    put(this.calls, rows.length ? h('div.items.calls', rows) : h('p.quiet', 'none in this time'));
  }
}

customElements.define('page-sessions', SessionsPage);
