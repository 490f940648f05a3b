/** How everything was found: services, checks, incidents, what remedies were worth, and the disk. */
import { h, put } from './dom.js';
import { Page, head, nothing, part, tabs } from './page.js';
import { live } from './live.js';
import { when } from './when.js';
import { call, query, view } from './api.js';
import { reword, route, to } from './route.js';
import { plain, shown } from './visible.js';
import { ago, clip, count, human, time, type } from './format.js';
import { anything, are } from './table.js';
import { intervals } from './chart.js';

const LOUD = ['failing', 'quarantined', 'withheld', 'warning', 'unknown'];
const LAMPS = { ready: 'ok', running: 'ok', stable: 'ok', stopped: 'off', withheld: 'unknown', starting: 'busy', waiting: 'busy', backoff: 'warning' };
const INCIDENTS = ['mirror.service.exited', 'mirror.service.failed', 'mirror.service.quarantined', 'mirror.incident.correlated', 'mirror.check.changed', 'mirror.alarm.raised'];

const lamp = (state) => LAMPS[state] ?? state;
/** The gravest first. */
const rank = (state) => (LOUD.includes(state) ? LOUD.indexOf(state) : LOUD.length);

class PulsePage extends Page {
  show() {
    const { args } = route();
    put(this, head('Pulse', this.sum = h('p.quiet')), ...tabs('Pulse', [
      ['Overview', () => this.#overview()], ['Services', () => this.#services(args[1])], ['Incidents', () => this.#incidents()], ['Reliability', () => this.#reliability()],
    ], args[0], (name) => history.replaceState(null, '', to('pulse', name === 'Overview' ? [] : [name]))));
    this.on(when, 'change', () => this.moved());
  }

  #overview() {
    const place = h('div');
    if (!when.isLive) {
      this.load(place, call(`map${query({ time: when.to })}`, { signal: this.signal }), (then) => this.#places(then.map?.nodes ?? []));
      return place;
    }
    const show = () => this.load(place, view('pulse', [], this.signal), ({ data, error }) => this.#board(data, error));
    show();
    this.every(30_000, show);
    return place;
  }

  #board(data, error) {
    const checks = data?.checks;
    if (!are(checks, 'id', 'state')) return data ? anything(data) : nothing('Nothing was looked at yet.', error);
    const ill = checks.filter((each) => each.state !== 'ok').sort((a, b) => rank(a.state) - rank(b.state) || Number(b.critical) - Number(a.critical));
    const well = checks.filter((each) => each.state === 'ok');
    const disks = checks.filter((each) => each.id.startsWith('disk'));
    put(this.sum, data.well ? 'All that is critical is well' : 'Something critical is not known to be well');
    const row = (each) => h('li.item', h('i.lamp', { 'data-state': lamp(each.state) }),
      h('span', h('span.title.wrap', h('b', plain(each.id)), ' ', h('span', plain(each.reason))), h('span.under.wrap', plain(each.state), each.critical ? ', critical' : ', optional', each.since && `, since ${time(each.since)}`, each.opinion && `. ${plain(typeof each.opinion === 'string' ? each.opinion : each.diagnosis?.text ?? '')}`)),
      h('span.end', each.looked ? `looked ${ago(each.looked)}` : 'not looked at'));
    return [
      ill.length ? part('Wants attention', h('ul.items', ill.map(row))) : h('p.all-well', h('i.lamp', { 'data-state': 'ok' }), `All ${count(checks.length)} checks are well`),
      disks.length ? part('Disk', h('ul.items', disks.map(row))) : null,
      part(`Well: ${count(well.length)}`, h('details', h('summary', 'Show them'), h('ul.items', well.map(row)))),
    ];
  }

  /** The past is what the map of that time says. */
  #places(nodes) {
    const all = nodes.filter((node) => node.kind === 'service' || node.kind === 'organism' || node.critical).sort((a, b) => rank(a.state) - rank(b.state) || a.id.localeCompare(b.id));
    put(this.sum, `as of ${time(when.to)}`);
    return all.length ? h('ul.items', all.map((node) => h('li.item', h('i.lamp', { 'data-state': node.state }), h('span', h('span.title', plain(node.name)), h('span.under', plain(node.note))), h('span.end', plain(node.state))))) : nothing('Nothing was known then.');
  }

  #services(chosen) {
    const place = h('div');
    if (!when.isLive) {
      this.load(place, call(`map${query({ time: when.to })}`, { signal: this.signal }), (then) => this.#places((then.map?.nodes ?? []).filter((node) => node.kind === 'service')));
      return place;
    }
    if (chosen) {
      this.load(place, Promise.all([view('service', ['show', chosen], this.signal), view('service', ['logs', chosen], this.signal).catch(() => ({})), call(`events${query({ subject: chosen, limit: 40 })}`, { signal: this.signal })]), ([shownService, logs, events]) => [
        h('p', h('a', { href: to('pulse', ['Services']) }, '‹ All services')), h('h2', plain(chosen)),
        shownService.data ? anything(shownService.data) : h('p.quiet', shownService.error || 'unknown'),
        part('Last lines of its log', h('pre.wrap', { tabindex: '0' }, shown(typeof logs.data === 'string' ? logs.data : logs.data?.lines?.map((line) => line.text ?? line).join('\n') ?? logs.error ?? 'none', true))),
        part('Its events', this.#lines(events.events ?? [])),
      ]);
      return place;
    }
    this.load(place, view('service', ['list'], this.signal), ({ data, error }) => {
      const services = data?.services;
      if (!are(services, 'name', 'state')) return data ? anything(data) : nothing('Nothing is known of services.', error);
      if (!services.length) return nothing('No service runs under Mirror.', 'Write one into ~/.mirror/services and sign it.');
      return [data.faults?.length ? part('Definitions with faults', anything(data.faults)) : null,
        h('div.cards.services', services.sort((a, b) => rank(a.state) - rank(b.state) || a.name.localeCompare(b.name)).map((each) => h('a.card', { href: to('pulse', ['Services', each.name]) },
          h('h2', h('i.lamp', { 'data-state': lamp(each.state) }), plain(each.name), each.critical && h('span.tag', 'critical')), h('p', `${plain(each.state)} ${each.since ? `for ${ago(each.since).replace(' ago', '')}` : ''}`, each.failures > 0 && ` · ${count(each.failures)} failures`), each.reason && h('p', clip(plain(each.reason), 200)))))];
    });
    return place;
  }

  #incidents() {
    const place = h('div');
    const ask = (kind) => call(`events${query({ type: kind, limit: 60, from: when.from, to: when.to })}`, { signal: this.signal }).then((answer) => answer.events ?? []);
    this.load(place, Promise.all(INCIDENTS.map(ask)), (all) => {
      const lines = all.flat().sort((a, b) => b.seq - a.seq);
      return lines.length ? this.#lines(lines) : nothing('No incident in this time.');
    });
    return place;
  }

  #lines(lines) {
    return lines.length ? h('div.items', lines.map((line) => h('a.item', { href: to('timeline', [line.id]) }, h('i.proof', { 'data-proof': live.proof(line) }),
      h('span', h('span.title', plain(line.subject) || type(line.type)), h('span.under', `${type(line.type)} · ${clip(plain(human(line.text)), 200)}`)), h('span.end', time(line.time))))) : h('p.quiet', 'none');
  }

  #reliability() {
    const place = h('div.narrow');
    this.load(place, view('reliability', [], this.signal), ({ data, error }) => {
      if (!are(data, 'mechanism')) return data ? anything(data) : nothing('Nothing is known yet.', error);
      const tested = data.filter((each) => Number.isFinite(each.least));
      const rest = data.filter((each) => !Number.isFinite(each.least));
      if (!data.length) return nothing('No remedy was used yet.', 'What a restart or repair is worth is shown once there were some.');
      return [tested.length ? intervals('How often a remedy helped: where the true share lies', tested.map((each) => ({ name: each.mechanism, least: each.least, most: each.most, middle: each.successes / Math.max(1e-9, each.successes + each.failures), note: `${count(each.runs)} runs` }))) : null,
        rest.length ? part('Not known', h('ul.plain', rest.map((each) => h('li', `${plain(each.mechanism)}: ${count(each.runs)} runs`)))) : null];
    });
    return place;
  }
}

customElements.define('page-pulse', PulsePage);
