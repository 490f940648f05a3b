/**
 * What is going on now, as the stream tells it. Changes are handed on once a frame, however many came.
 */
import { follow } from './stream.js';

/** Events that are kept; older ones are asked for. */
const KEPT = 2_000;

/**
 * @typedef {{id: string, kind: string, name: string, state: string, note: string, parent: string, critical: boolean, waiting: number}} Place
 * @typedef {{seq: number, id: string, type: string, time: string, subject: string, actor: string, session: string, permit: string,
 *   proof: string, nodes: string[], text: string}} Line one event
 * @typedef {{events: Line[], nodes: boolean, approvals: boolean, proof: boolean, snapshot: boolean, online: boolean}} Change
 */

/** Dispatches `change` with a {@link Change} as its detail. */
class Live extends EventTarget {
  /** @type {Map<string, Place>} */
  nodes = new Map();
  /** @type {{from: string, to: string, kind: string}[]} */
  edges = [];
  /** @type {Object<string, [number, number]>} */
  layout = {};
  /** @type {Line[]} oldest first */
  events = [];
  approvals = [];
  origin = '';
  seq = 0;
  verified = 0;
  ready = false;
  online = false;
  /** @type {Date|null} since when nobody answers */
  offlineSince = null;
  #pending = null;
  #end = null;

  start() {
    this.stop();
    this.#end = new AbortController();
    follow('stream', (name, _, data) => this.#hear(name, data), (online) => this.#connected(online), this.#end.signal);
  }

  stop() {
    this.#end?.abort();
  }

  /** The proof of an event as it is now known. */
  proof(line) {
    return line.proof === 'pending' && line.seq <= this.verified ? 'verified' : line.proof;
  }

  #connected(online) {
    if (online === this.online && this.ready) return;
    this.online = online;
    if (online) this.offlineSince = null;
    else this.offlineSince ??= new Date();
    this.#change({ online: true });
  }

  #hear(name, data) {
    switch (name) {
      case 'snapshot': {
        const { nodes = [], edges = [], layout = {} } = data.map ?? {};
        this.nodes = new Map(nodes.map((node) => [node.id, node]));
        this.edges = edges;
        this.layout = layout;
        this.events = data.events ?? [];
        this.approvals = data.approvals ?? [];
        this.origin = data.origin ?? '';
        this.seq = data.seq ?? 0;
        this.verified = Math.max(this.verified, data.verified ?? 0);
        this.ready = true;
        this.#change({ snapshot: true, nodes: true, approvals: true, proof: true });
        break;
      }
      case 'event':
        if (data.seq <= this.seq && this.events.some((known) => known.id === data.id)) break; // sent again after a reconnect
        this.seq = Math.max(this.seq, data.seq);
        this.events.push(data);
        if (this.events.length > KEPT * 1.2) this.events.splice(0, this.events.length - KEPT);
        this.#change({ event: data });
        break;
      case 'nodes':
        for (const node of data.nodes ?? []) this.nodes.set(node.id, node);
        for (const id of data.gone ?? []) this.nodes.delete(id);
        if (data.edges) this.edges = data.edges;
        this.#change({ nodes: true });
        break;
      case 'proof':
        this.verified = Math.max(this.verified, data.verified ?? 0);
        this.#change({ proof: true });
        break;
      case 'approvals':
        this.approvals = data.approvals ?? [];
        this.#change({ approvals: true });
        break;
      default: // a newer daemon may say more
    }
  }

  #change({ event, ...flags }) {
    if (!this.#pending) {
      this.#pending = { events: [], nodes: false, approvals: false, proof: false, snapshot: false, online: false };
      requestAnimationFrame(() => this.#flush());
      setTimeout(() => this.#flush(), 250); // hidden pages get no frames, and have to count what waits all the same
    }
    Object.assign(this.#pending, flags);
    if (event) this.#pending.events.push(event);
  }

  #flush() {
    const detail = this.#pending;
    if (!detail) return;
    this.#pending = null;
    this.dispatchEvent(new CustomEvent('change', { detail }));
  }
}

export const live = new Live();
