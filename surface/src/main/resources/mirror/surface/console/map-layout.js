/**
 * Where places stand. Each device is a disc: the gate in its middle, log, vault and gateway beside it, then rings of agents, of models and
 * organisms, of sessions, and of services. A place takes the next free seat of its ring and keeps it, so that nothing moves because
 * something else came; seats are given out by the golden angle, so that few are spread as evenly as many. What a person dragged stays
 * where it was put. Positions are in units of which a screen shows some hundreds; those of places are relative to their device.
 */

const SEAT = 46;
const CORE = 66;
const FIRST_RING = 122;
const GOLDEN = 0.6180339887498949;

/** By how much each ring begins after the one within, so that their first seats are not in a row. */
const TURN = 2.4;

const RINGS = { agent: 0, client: 0, model: 1, organism: 1, session: 2 };
const SERVICES = 3;
const SIZES = { gate: 17, log: 14, vault: 14, gateway: 14, agent: 12, client: 9, model: 11, organism: 9, session: 10, service: 9 };
const CORE_PLACES = { gate: [0, 0], log: [CORE * 0.87, CORE * 0.5], vault: [-CORE * 0.87, CORE * 0.5], gateway: [0, -CORE] };

/** Who sits on which seat; kept by the browser, so that the picture is the same tomorrow. */
export class Seats {
  #rings = new Map();
  #storage;

  /** @param {Storage} [storage] where seats are kept; none: only as long as the page */
  constructor(storage) {
    this.#storage = storage;
    try {
      for (const [ring, ids] of JSON.parse(storage?.getItem('mirror.seats') ?? '[]')) this.#rings.set(ring, ids);
    } catch {
      // garbled: all take new seats
    }
  }

  /**
   * Seats for those of one ring; seats of those that are gone become free.
   *
   * @param {string[]} ids
   * @returns {Map<string, number>}
   */
  take(ring, ids) {
    const seats = this.#rings.get(ring) ?? [];
    const wanted = new Set(ids);
    const kept = seats.map((id) => (wanted.delete(id) ? id : null));
    for (const id of [...wanted].sort()) {
      const free = kept.indexOf(null);
      if (free < 0) kept.push(id);
      else kept[free] = id;
    }
    while (kept.length && kept[kept.length - 1] === null) kept.pop();
    this.#rings.set(ring, kept);
    return new Map(kept.map((id, at) => [id, at]).filter(([id]) => id !== null));
  }

  keep() {
    try {
      this.#storage?.setItem('mirror.seats', JSON.stringify([...this.#rings]));
    } catch {
      // no room: seats are as long as the page
    }
  }
}

/** Position of a seat on rings that begin at a radius, turned by an angle, and how many rings there are up to it. */
function seat(index, radius, turn) {
  let ring = 0;
  let first = 0;
  for (;;) {
    const room = Math.floor((2 * Math.PI * (radius + ring * SEAT)) / SEAT);
    if (index < first + room) {
      const angle = 2 * Math.PI * (spread(room)[index - first] / room) - Math.PI / 2 + turn;
      const at = radius + ring * SEAT;
      return { x: Math.cos(angle) * at, y: Math.sin(angle) * at, rings: ring + 1 };
    }
    first += room;
    ring++;
  }
}

const spreads = new Map();

/** An order of seats in which any first few are far from each other. */
function spread(room) {
  let order = spreads.get(room);
  if (order) return order;
  order = [];
  const taken = new Array(room).fill(false);
  for (let index = 0; index < room; index++) {
    let at = Math.floor(((index * GOLDEN) % 1) * room);
    while (taken[at]) at = (at + 1) % room;
    taken[at] = true;
    order.push(at);
  }
  spreads.set(room, order);
  return order;
}

/** The device that something belongs to, over as many parents as it takes. */
function deviceOf(node, nodes, main) {
  let at = node;
  for (let steps = 0; at && steps < 8; steps++) {
    if (at.kind === 'device') return at.id;
    at = nodes.get(at.parent);
  }
  return main;
}

/**
 * @typedef {{id: string, x: number, y: number, r: number, node: object, device: string}} Spot
 * @param {Map<string, object>} nodes
 * @param {Object<string, [number, number]>} saved what was dragged
 * @param {string} origin name of the device that answers
 * @param {boolean} tall whether there is more room above and below than at the sides
 * @returns {{spots: Map<string, Spot>, bounds: {left: number, top: number, right: number, bottom: number}}}
 */
export function arrange(nodes, saved, origin, seats, tall) {
  const devices = [...nodes.values()].filter((node) => node.kind === 'device');
  const main = (devices.find((node) => node.id === `device:${origin}`) ?? devices[0])?.id ?? '';
  const members = new Map([[main, []], ...devices.map((node) => [node.id, []])]);
  for (const node of nodes.values()) if (node.kind !== 'device') members.get(deviceOf(node, nodes, main)).push(node);
  const discs = new Map([...members].map(([id, inside]) => [id, disc(id, inside, seats)]));
  const spots = new Map();
  const centres = middles(main, discs, saved, seats, tall);
  for (const [id, { places, r }] of discs) {
    const centre = centres.get(id);
    if (nodes.has(id)) spots.set(id, { id, ...centre, r, node: nodes.get(id), device: id });
    for (const { node, x, y } of places) {
      const [dx, dy] = point(saved[node.id]) ?? [x, y];
      spots.set(node.id, { id: node.id, x: centre.x + dx, y: centre.y + dy, r: (SIZES[node.kind] ?? 9) * (node.critical ? 1.15 : 1), node, device: id });
    }
  }
  seats.keep();
  return { spots, bounds: around(spots) };
}

function point(value) {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) ? value : null;
}

function disc(id, inside, seats) {
  const places = [];
  const rings = [[], [], [], []];
  for (const node of inside) {
    const fixed = CORE_PLACES[node.kind];
    if (fixed && !places.some((place) => place.node.kind === node.kind)) places.push({ node, x: fixed[0], y: fixed[1] });
    else rings[RINGS[node.kind] ?? SERVICES].push(node);
  }
  let radius = places.length ? FIRST_RING : SEAT;
  let outer = places.length ? CORE : 0;
  rings.forEach((ring, at) => {
    if (!ring.length) return;
    const taken = seats.take(`${id} ${at}`, ring.map((node) => node.id));
    let used = 1;
    for (const node of ring) {
      const { x, y, rings: deep } = seat(taken.get(node.id), radius, at * TURN);
      used = Math.max(used, deep);
      places.push({ node, x, y });
    }
    outer = radius + (used - 1) * SEAT;
    radius += used * SEAT;
  });
  return { places, r: Math.max(34, outer + 36) };
}

/** The device that answers in the middle, the others around it. */
function middles(main, discs, saved, seats, tall) {
  const centres = new Map();
  const own = discs.get(main);
  const others = [...discs.keys()].filter((id) => id !== main);
  const widest = Math.max(34, ...others.map((id) => discs.get(id).r));
  const distance = own.r + widest + 50;
  const room = Math.max(3, Math.floor((Math.PI * distance) / (widest + 20)));
  const taken = seats.take('devices', others);
  for (const id of discs.keys()) {
    const index = taken.get(id) ?? 0;
    const round = Math.floor(index / room);
    const angle = id === main ? 0 : 2 * Math.PI * (spread(room)[index % room] / room) - (tall ? Math.PI / 2.3 : Math.PI / 7);
    const away = id === main ? 0 : distance + round * 2 * (widest + 20);
    const [x, y] = point(saved[id]) ?? [Math.cos(angle) * away, Math.sin(angle) * away];
    centres.set(id, { x, y });
  }
  return centres;
}

function around(spots) {
  if (!spots.size) return { left: -200, top: -200, right: 200, bottom: 200 };
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y, r } of spots.values()) {
    box.left = Math.min(box.left, x - r);
    box.top = Math.min(box.top, y - r);
    box.right = Math.max(box.right, x + r);
    box.bottom = Math.max(box.bottom, y + r);
  }
  return box;
}
