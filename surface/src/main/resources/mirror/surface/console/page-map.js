/** The mesh as places that stay where they are, with what happens as light between them. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { Page } from './page.js';
import { live } from './live.js';
import { when } from './when.js';
import { call, query } from './api.js';
import { go, route, to } from './route.js';
import { table } from './table.js';
import { plain } from './visible.js';
import { clip, human, time, type } from './format.js';
import { loud } from './map-paint.js';
import { tone } from './page-timeline.js';
import { eventView } from './event-view.js';
import './map-view.js';

/** What a chip tells of, the gravest first. */
const CHIPS = ['failing', 'quarantined', 'waiting', 'warning', 'unknown'];

class MapPage extends Page {
  #map = null;
  #chips = null;
  #side = null;
  #table = null;
  #told = null;
  #nodes = new Map();
  #edges = [];
  #denied = [];
  #isTable = false;
  #came = true;

  show() {
    this.#map = document.createElement('mesh-map');
    this.#chips = h('div.chips', { role: 'group', 'aria-label': 'What wants attention' });
    this.#side = h('aside.side.map-side', { hidden: true, 'aria-label': 'Place' });
    this.#table = h('div.map-table', { hidden: true });
    this.#told = h('p.for-readers', { role: 'status' });
    const button = (name, label, click) => h('button.icon-button', { type: 'button', 'aria-label': label, title: label, click }, icon(name));
    const toTable = button('table', 'Show as a table', () => this.#asTable(!this.#isTable));
    toTable.setAttribute('aria-pressed', 'false');
    this.toTable = toTable;
    put(this, h('div.full', h('h1.for-readers', 'Map'), this.#map, this.#table, this.#chips,
      h('div.map-tools', { role: 'group', 'aria-label': 'View' }, toTable, button('plus', 'Closer', () => this.#map.zoom(1.5)), button('minus', 'Farther', () => this.#map.zoom(1 / 1.5)), button('fit', 'The whole mesh', () => this.#map.fit())),
      this.#side, this.#told));
    this.on(this.#map, 'choose', ({ detail }) => go('map', detail ? [detail] : []));
    this.on(this.#map, 'moved', ({ detail }) => {
      Object.assign(live.layout, detail);
      call('layout', { method: 'PUT', body: detail }).catch(() => {});
    });
    this.on(live, 'change', ({ detail }) => this.#heard(detail));
    this.on(when, 'change', () => this.#turn());
    this.on(document, 'keydown', (event) => this.#key(event));
    this.every(30_000, () => this.#paintChips());
    this.#denied = live.events.filter((line) => tone(line) === 'failing' && type(line.type) === 'action.decided').map((line) => Date.parse(line.time));
    this.#turn();
  }

  moved() {
    this.#choose(route().args[0] ?? '');
  }

  /** The places by how much they want attention, then by kind and name. */
  #order() {
    return [...this.#nodes.values()].sort((a, b) => loud(b) - loud(a) || a.kind.localeCompare(b.kind) || a.id.localeCompare(b.id));
  }

  step(by) {
    const order = this.#order();
    if (!order.length) return;
    const at = order.findIndex((node) => node.id === this.#map.chosen);
    const next = order[at < 0 ? 0 : (at + by + order.length) % order.length];
    go('map', [next.id]);
  }

  #key(event) {
    if (event.target.matches?.('input, select, textarea') || event.metaKey || event.ctrlKey || document.querySelector('dialog[open]')) return;
    if (event.key === '+' || event.key === '=') this.#map.zoom(1.4);
    else if (event.key === '-') this.#map.zoom(1 / 1.4);
    else if (event.key === '0') this.#map.fit();
    else if (event.key === 'Escape') go('map');
  }

  async #turn() {
    if (when.isLive) {
      this.#nodes = live.nodes;
      this.#edges = live.edges;
    } else {
      this.#map.dark();
      try {
        const then = await call(`map${query({ time: when.to })}`, { signal: this.signal });
        if (when.isLive) return;
        this.#nodes = new Map((then.map?.nodes ?? []).map((node) => [node.id, node]));
        this.#edges = then.map?.edges ?? [];
      } catch (failure) {
        if (failure.name === 'AbortError') return;
        this.#told.textContent = failure.message;
        return;
      }
    }
    this.#paint();
    this.#choose(route().args[0] ?? '', this.#came && this.#nodes.size > 0);
    if (this.#nodes.size) this.#came = false;
  }

  #paint() {
    this.#map.show(this.#nodes, this.#edges, live.layout, live.origin);
    this.#paintChips();
    if (this.#isTable) this.#paintTable();
  }

  #heard({ events, nodes, snapshot }) {
    if (!when.isLive) return;
    if (nodes || snapshot) {
      this.#nodes = live.nodes;
      this.#edges = live.edges;
      this.#paint();
      if (snapshot) {
        this.#choose(route().args[0] ?? '', this.#came);
        this.#came = false;
      }
    }
    let denied = false;
    for (const line of events) {
      const how = tone(line);
      if (line.nodes?.length) this.#map.light(line.nodes, how);
      if (how === 'failing' && type(line.type) === 'action.decided') {
        this.#denied.push(Date.parse(line.time));
        denied = true;
      }
    }
    if (denied) this.#paintChips();
    if (events.length) this.#follow(events);
  }

  #paintChips() {
    const counts = new Map(CHIPS.map((state) => [state, []]));
    for (const node of this.#nodes.values()) {
      if (counts.has(node.state) && !(node.waiting && node.state !== 'failing')) counts.get(node.state).push(node);
      if (node.waiting && node.state !== 'failing') counts.get('waiting').push(node);
    }
    this.#denied = this.#denied.filter((at) => at > Date.now() - 3_600e3);
    const words = { failing: 'failing', quarantined: 'quarantined', warning: 'warning', unknown: 'unknown' };
    const chips = [...counts].filter(([state, all]) => all.length && state !== 'waiting').map(([state, all]) => {
      const next = () => {
        const at = all.findIndex((node) => node.id === this.#map.chosen);
        go('map', [all[(at + 1) % all.length].id]);
      };
      return h('button.chip', { type: 'button', 'data-tone': state, click: next }, h('i.lamp', { 'data-state': state, 'aria-hidden': 'true' }), h('b', all.length), ` ${words[state]}`);
    });
    const waiting = when.isLive ? live.approvals.length : counts.get('waiting').length;
    if (waiting) chips.unshift(h('a.chip', { href: to('approvals'), 'data-tone': 'waiting' }, h('i.lamp', { 'data-state': 'waiting', 'aria-hidden': 'true' }), h('b', waiting), waiting === 1 ? ' waits for you' : ' wait for you'));
    if (this.#denied.length && when.isLive) chips.push(h('a.chip', { href: to('trust', ['Denials']), 'data-tone': 'failing' }, h('b', this.#denied.length), ' denied this hour'));
    if (!chips.length && this.#nodes.size) chips.push(h('span.chip', h('i.lamp', { 'data-state': 'ok', 'aria-hidden': 'true' }), 'All is well'));
    const said = chips.map((chip) => chip.textContent).join(', ');
    if (this.#chips.dataset.said === said && this.#chips.childNodes.length) return;
    this.#chips.dataset.said = said;
    put(this.#chips, chips);
    this.#map.setAttribute('role', 'img');
    this.#map.setAttribute('aria-label', `Map of ${this.#nodes.size} places: ${said}. The button "Show as a table" has them as a table.`);
  }

  #asTable(on) {
    this.#isTable = on;
    this.toTable.setAttribute('aria-pressed', on);
    this.#table.hidden = !on;
    if (on) this.#paintTable();
  }

  #paintTable() {
    const top = this.#table.scrollTop;
    put(this.#table, table('Places of the mesh', [
      { name: 'State', kind: 'short', of: (node) => [h('i.lamp', { 'data-state': node.state, 'aria-hidden': 'true' }), ` ${plain(node.state)}`] },
      { name: 'Kind', kind: 'short', of: (node) => plain(node.kind) },
      { name: 'Name', of: (node) => h('a', { href: to('map', [node.id]) }, clip(plain(node.name || node.id), 80)) },
      { name: 'On', kind: 'short', of: (node) => plain(this.#nodes.get(node.parent)?.name ?? node.parent) },
      { name: 'Waiting', kind: 'number', of: (node) => node.waiting || '' },
      { name: 'Note', of: (node) => plain(node.note) },
    ], this.#order()));
    this.#table.scrollTop = top;
  }

  #choose(id, fly = true) {
    const node = this.#nodes.get(id);
    const phone = matchMedia('(max-width: 899px)').matches;
    this.#map.inset = node ? (phone ? { right: 0, bottom: Math.round(this.clientHeight * 0.52) } : { right: 400, bottom: 0 }) : { right: 0, bottom: 0 };
    if (!node) {
      const was = this.#map.chosen;
      this.#map.choose('', false);
      this.#side.hidden = true;
      if (was && fly) this.#map.fit();
      return;
    }
    this.#map.choose(id, fly);
    this.#told.textContent = `${plain(node.kind)} ${plain(node.name)}, ${plain(node.state)}. ${plain(node.note)}`;
    this.#side.hidden = false;
    this.#side.scrollTop = 0;
    this.#paintSide(node);
  }

  #paintSide(node) {
    const device = this.#nodes.get(node.parent);
    const inside = node.kind === 'device' ? this.#order().filter((each) => each.parent === node.id) : [];
    this.events = h('div.items');
    const name = node.id.slice(node.id.indexOf(':') + 1);
    const page = { session: ['sessions', [name]], service: ['pulse', ['Services', node.name]], vault: ['vault'], gate: ['trust'], model: ['tiers'], gateway: ['tiers'], log: ['timeline'] }[node.kind];
    put(this.#side,
      h('a.icon-button.close', { href: to('map'), 'aria-label': 'Close the place' }, icon('close')),
      h('p.crumbs', h('a', { href: to('map') }, 'Mesh'), device && [' › ', h('a', { href: to('map', [device.id]) }, plain(device.name))], ` › ${plain(node.kind)}`),
      h('h2', clip(plain(node.name || node.id), 300)),
      h('p.proof-line', h('i.lamp', { 'data-state': node.state, 'aria-hidden': 'true' }), h('span', h('b', plain(node.state)), node.note && ` ${plain(node.note)}`, node.critical && h('span.quiet', ' · critical'))),
      node.waiting > 0 && h('a.button.first', { href: to('approvals') }, node.waiting === 1 ? '1 waits for you' : `${node.waiting} wait for you`),
      page && h('p', h('a', { href: to(...page) }, 'All about it')),
      inside.length ? [h('h3', `On it: ${inside.length}`), h('div.items', inside.slice(0, 60).map((each) => h('a.item', { href: to('map', [each.id]) }, h('i.lamp', { 'data-state': each.state, 'aria-hidden': 'true' }), h('span', h('span.title', clip(plain(each.name || each.id), 80)), each.note && h('span.under', plain(each.note))), h('span.end', plain(each.kind)))))] : null,
      h('h3', 'Its events'), this.events);
    this.ofNode = node;
    this.mine = live.events.filter((line) => line.nodes?.includes(node.id) && when.holds(line.time)).slice(-40).reverse();
    this.#paintEvents();
    if (this.mine.length < 10) this.#older(node, name);
  }

  async #older(node, name) {
    try {
      const words = node.kind === 'session' ? { session: name } : { subject: node.kind === 'service' || node.kind === 'organism' ? node.name : name };
      const { events = [] } = await call(`events${query({ ...words, limit: 40, to: when.to })}`, { signal: this.signal });
      if (this.ofNode !== node) return;
      const known = new Set(this.mine.map((line) => line.id));
      this.mine = [...this.mine, ...events.filter((line) => !known.has(line.id))].slice(0, 60);
      this.#paintEvents();
    } catch {
      // what is at hand is shown
    }
  }

  #follow(events) {
    if (this.#side.hidden || !this.ofNode || this.#side.querySelector('.event-view')) return;
    const more = events.filter((line) => line.nodes?.includes(this.ofNode.id));
    if (!more.length) return;
    this.mine = [...more.reverse(), ...this.mine].slice(0, 60);
    this.#paintEvents();
  }

  #paintEvents() {
    if (!this.mine.length) {
      put(this.events, h('p.quiet.padded', 'none in this time'));
      return;
    }
    put(this.events, this.mine.slice(0, 60).map((line) => h('button.item.plain-button', { type: 'button', click: () => this.#open(line) },
      h('i.proof', { 'data-proof': live.proof(line), 'aria-hidden': 'true' }),
      h('span', h('span.title.type', { 'data-tone': tone(line) }, type(line.type)), h('span.under', clip(plain(human(clip(line.text, 200))), 160))), h('span.end', time(line.time)))));
  }

  #open(line) {
    const node = this.ofNode;
    put(this.#side, h('button.icon-button.close', { type: 'button', 'aria-label': 'Back to the place', click: () => this.#paintSide(node) }, icon('back')), eventView(this, line.id));
    this.#side.scrollTop = 0;
  }
}

customElements.define('page-map', MapPage);
