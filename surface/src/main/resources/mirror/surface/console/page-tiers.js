/** What models did and cost: by day against the budget, by tier, by model, and the receipts behind it. */
import { h, put } from './dom.js';
import { Page, head, nothing, part } from './page.js';
import { when } from './when.js';
import { call, query, view } from './api.js';
import { to } from './route.js';
import { plain } from './visible.js';
import { about, count, money, span, time } from './format.js';
import { anything, are, table } from './table.js';
import { bars, lanes } from './chart.js';

/** Receipts that latency is computed from. */
const RECEIPTS = 30;

class TiersPage extends Page {
  show() {
    const place = h('div');
    put(this, head('Tiers'), place);
    this.on(when, 'change', () => this.#fill(place));
    this.#fill(place);
  }

  #fill(place) {
    const ask = (name, args = []) => view(name, args, this.signal).catch((failure) => ({ data: null, error: failure.message }));
    this.load(place, Promise.all([ask('cost', ['--by', 'day']), ask('cost', ['--by', 'tier']), ask('cost', ['--by', 'model']), ask('budget'), ask('tiers')]), ([days, tiers, models, budget, set]) => [
      this.#cards(days.data, budget.data),
      this.#days(days, budget.data),
      h('div.columns', this.#by('Tokens by tier', tiers.data, 'tier'), this.#by('Tokens by model', models.data, 'model')),
      this.#receipts(),
      this.#budget(budget),
      this.#providers(set),
    ]);
  }

  #limit(budget) {
    const lines = are(budget, 'unit') ? budget.filter((line) => line.unit === 'money' && line['per-day'] >= 0) : [];
    const all = lines.find((line) => line.agent === 'all');
    return all?.['per-day'] ?? lines.reduce((sum, line) => sum + line['per-day'], 0);
  }

  #cards(days, budget) {
    if (!are(days, 'day', 'money') || !days.length) return null;
    const today = days.find((each) => each.day === new Date().toISOString().slice(0, 10));
    const sum = (name) => days.reduce((total, each) => total + (each[name] ?? 0), 0);
    const limit = this.#limit(budget);
    const card = (name, value, note) => h('div.card.number-card', h('b', value), h('p', name, note && h('small', ` ${note}`)));
    return h('div.cards.part', card('today', money(today?.money ?? 0), limit ? `of ${money(limit)}` : ''), card('in 30 days', money(sum('money'))), card('calls', count(sum('calls')), `${count(sum('cached'))} from what was known`),
      card('tokens', about(sum('in') + sum('out')), `${about(sum('cache-read'))} read from caches`), card('not answered', count(sum('unanswered')), sum('unreported') ? `${about(sum('unreported'))} tokens not reported` : ''));
  }

  #days({ data, error }, budget) {
    if (!are(data, 'day', 'money')) return data ? part('Cost by day', anything(data)) : nothing('Nothing is known of costs.', error);
    if (!data.length) return nothing('No model was called through Mirror yet.', 'Point a client at the gateway, and its calls are counted here.');
    return part('Cost by day', bars('Dollars by day (UTC)', data.map((each) => ({ name: each.day, value: each.money })), money, this.#limit(budget)));
  }

  #by(title, data, name) {
    if (!are(data, name, 'in', 'out') || !data.length) return null;
    return part(title, lanes(title, data.map((each) => ({ name: each[name] || '(none)', value: each.in + each.out, note: `${count(each.calls)} calls, ${money(each.money)}${each.unanswered ? `, ${count(each.unanswered)} not answered` : ''}` })).sort((a, b) => b.value - a.value), about));
  }

  #receipts() {
    const place = h('div');
    const ask = async () => {
      const { events = [] } = await call(`events${query({ type: 'mirror.calls.completed', limit: RECEIPTS, to: when.to })}`, { signal: this.signal });
      const whole = await Promise.all(events.map((line) => call(`events/${encodeURIComponent(line.id)}`, { signal: this.signal }).catch(() => null)));
      const { events: switches = [] } = await call(`events${query({ type: 'mirror.call.switched', limit: 20, to: when.to })}`, { signal: this.signal }).catch(() => ({}));
      return { calls: whole.flatMap((each) => (each?.event?.data?.calls ?? []).map((one) => ({ ...one, at: each.event.time, event: each.event.id }))), switches };
    };
    this.load(place, ask(), ({ calls, switches }) => (calls.length || switches.length ? [this.#latency(calls), this.#switches(switches), this.#last(calls)] : h('p.quiet', 'no receipts yet')));
    return part('Receipts', place);
  }

  #latency(calls) {
    const by = new Map();
    for (const each of calls) {
      const ms = Number(each.ms ?? each['took-ms'] ?? each.millis);
      if (!Number.isFinite(ms)) continue;
      const name = `${each.provider}/${each.model}`;
      if (!by.has(name)) by.set(name, []);
      by.get(name).push(ms);
    }
    const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    const rows = [...by].map(([name, all]) => {
      all.sort((a, b) => a - b);
      return { name, value: at(all, 0.5), note: `half; 95 of 100 within ${span(at(all, 0.95))}; ${count(all.length)} calls` };
    });
    return rows.length ? lanes('Latency by model, of the last receipts', rows, span) : null;
  }

  #switches(switches) {
    return switches.length ? [h('h3', 'Fallbacks'), h('div.items', switches.map((line) => h('a.item', { href: to('timeline', [line.id]) }, h('i.lamp', { 'data-state': 'warning' }), h('span', h('span.title', plain(line.text))), h('span.end', time(line.time)))))] : null;
  }

  #last(calls) {
    return table('Last receipts', [
      { name: 'When', of: (row) => h('a', { href: to('timeline', [row.event]) }, time(row.at)) }, { name: 'Model', of: (row) => plain(`${row.provider}/${row.model}`) }, { name: 'Tier', of: (row) => plain(row.tier) }, { name: 'By', of: (row) => plain(row.agent) },
      { name: 'Outcome', of: (row) => plain(row.outcome) }, { name: 'In', kind: 'number', of: (row) => count(row.in) }, { name: 'Out', kind: 'number', of: (row) => count(row.out) }, { name: 'Cost', kind: 'number', of: (row) => money(row.money) }], calls.slice(0, 60));
  }

  #budget({ data }) {
    if (!are(data, 'agent', 'unit') || !data.length) return null;
    const say = { money, tokens: about, actions: count };
    return part('Budgets today', table('Budgets today', [
      { name: 'Agent', of: (row) => plain(row.agent) }, { name: 'Unit', of: (row) => plain(row.unit) }, { name: 'Spent', kind: 'number', of: (row) => (say[row.unit] ?? count)(row.spent) },
      { name: 'Set aside', kind: 'number', of: (row) => (say[row.unit] ?? count)(row.aside) }, { name: 'Per day', kind: 'number', of: (row) => (row['per-day'] === undefined || row['per-day'] < 0 ? 'no limit' : (say[row.unit] ?? count)(row['per-day'] + (row.extra ?? 0))) }], data));
  }

  #providers({ data, error }) {
    if (!are(data?.providers, 'name')) return data ? part('Providers', anything(data)) : part('Providers', h('p.quiet', error || 'none'));
    return part(when.isLive ? 'Providers and routes' : 'Providers and routes, as they are now', h('div.cards', data.providers.map((each) => h('div.card', h('h3', plain(each.name), each.local && h('span.tag', 'local')), (each.models ?? []).map((model) => h('p', h('i.lamp', { 'data-state': model.usable ? 'ok' : 'warning' }), ` ${plain(model.name)}`, model.reason && ` · ${plain(model.reason)}`))))),
      data.routes?.length ? h('dl.fields.routes', data.routes.map((route) => [h('dt', plain(route.name)), h('dd', (route.to ?? []).map(plain).join(' → '), route['local-only'] && h('span.tag', 'local only'))])) : null);
  }
}

customElements.define('page-tiers', TiersPage);
