/** Draws the places of the map. Form tells the kind, colour and form together tell the state; what is well is quiet. */

const TAU = 2 * Math.PI;

/** Colours of the page, as it is now. */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return Object.fromEntries(['bg', 'panel', 'raised', 'ink', 'dim', 'line', 'accent', 'ok', 'warning', 'failing', 'waiting', 'quarantined', 'unknown', 'busy', 'off',
    'fill-failing', 'fill-warning', 'fill-waiting']
    .map((name) => [name, of(name)]));
}

/** How loud a state is; the louder one is drawn above and named first. */
export const LOUD = { failing: 6, waiting: 5, quarantined: 4, warning: 3, unknown: 2, busy: 1, ok: 0, off: 0 };

export const loud = (node) => (node.waiting ? Math.max(5, LOUD[node.state] ?? 2) : LOUD[node.state] ?? 2);

/** What a place is, as one path around 0, 0. */
function form(context, kind, x, y, r) {
  switch (kind) {
    case 'gate': return corners(context, x, y, r, 8, Math.PI / 8);
    case 'log':
    case 'vault': return square(context, x, y, r * 0.86, 3);
    case 'gateway': return corners(context, x, y, r * 1.1, 3, -Math.PI / 2);
    case 'agent': return corners(context, x, y, r, 6, 0);
    case 'model': return corners(context, x, y, r, 4, 0);
    case 'session': return square(context, x, y, r * 0.86, r * 0.4);
    case 'client': return square(context, x, y, r * 0.8, 1);
    default:
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, TAU);
  }
}

function corners(context, x, y, r, many, turn) {
  for (let at = 0; at < many; at++) {
    const angle = turn + (at * TAU) / many;
    context[at ? 'lineTo' : 'moveTo'](x + Math.cos(angle) * r, y + Math.sin(angle) * r);
  }
  context.closePath();
}

function square(context, x, y, half, round) {
  context.roundRect(x - half, y - half, 2 * half, 2 * half, round);
}

/** The bend of an edge: towards the middle of the device when both ends are in one. */
export function bend(from, to, spots) {
  const mx = (from.x + to.x) / 2;
  const my = (from.y + to.y) / 2;
  if (from.device !== to.device) return [mx, my];
  const middle = spots.get(from.device) ?? { x: 0, y: 0 };
  return [mx + (middle.x - mx) * 0.45, my + (middle.y - my) * 0.45];
}

/**
 * @param {CanvasRenderingContext2D} context in device pixels
 * @param {{spots: Map, edges: object[], chosen: string}} scene
 * @param {{x: number, y: number, scale: number, width: number, height: number, ratio: number}} camera x, y: what is in the middle
 */
export function paint(context, scene, camera, colors, labels) {
  const { scale, width, height, ratio } = camera;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width * ratio, height * ratio);
  const k = scale * ratio;
  context.setTransform(k, 0, 0, k, (width / 2 - camera.x * scale) * ratio, (height / 2 - camera.y * scale) * ratio);
  const near = seen(scene.spots, camera);
  discs(context, near, colors, scale);
  lines(context, scene, colors, scale);
  places(context, near, scene.chosen, colors, scale);
  if (labels) names(context, near, scene, camera, colors);
}

/** What is in sight, the loudest last. */
function seen(spots, { x, y, scale, width, height }) {
  const w = width / 2 / scale + 60;
  const h = height / 2 / scale + 60;
  const all = [];
  for (const spot of spots.values()) if (Math.abs(spot.x - x) < w + spot.r && Math.abs(spot.y - y) < h + spot.r) all.push(spot);
  return all.sort((a, b) => loud(a.node) - loud(b.node));
}

function discs(context, near, colors, scale) {
  for (const spot of near) {
    if (spot.node.kind !== 'device') continue;
    context.beginPath();
    context.arc(spot.x, spot.y, spot.r, 0, TAU);
    context.fillStyle = colors.panel;
    context.fill();
    context.lineWidth = 1.2 / scale;
    context.strokeStyle = spot.node.state === 'ok' || spot.node.state === 'busy' ? colors.line : colors[spot.node.state] ?? colors.unknown;
    context.setLineDash(spot.node.state === 'unknown' || spot.node.state === 'off' ? [6 / scale, 6 / scale] : []);
    context.stroke();
    context.setLineDash([]);
  }
}

function lines(context, { spots, edges, chosen }, colors, scale) {
  const draw = (test) => {
    context.beginPath();
    for (const edge of edges) {
      if (!test(edge)) continue;
      const from = spots.get(edge.from);
      const to = spots.get(edge.to);
      if (!from || !to || holds(from, to) || holds(to, from)) continue;
      const [x, y] = bend(from, to, spots);
      context.moveTo(from.x, from.y);
      context.quadraticCurveTo(x, y, to.x, to.y);
    }
    context.stroke();
  };
  context.lineWidth = 1 / scale;
  context.strokeStyle = colors.dim;
  context.globalAlpha = chosen ? 0.1 : Math.max(0.1, Math.min(0.28, 24 / Math.max(1, edges.length)));
  draw(() => true);
  context.globalAlpha = 1;
  if (chosen) {
    context.lineWidth = 1.6 / scale;
    context.strokeStyle = colors.accent;
    draw((edge) => edge.from === chosen || edge.to === chosen);
  }
}

/** Whether one place is drawn inside the other, or is it. */
const holds = (device, spot) => device === spot || (device.node.kind === 'device' && spot.device === device.id);

function places(context, near, chosen, colors, scale) {
  // Alike ones are one path: a thousand places are a dozen strokes.
  const quiet = new Map();
  for (const spot of near) {
    if (spot.node.kind === 'device') continue;
    const state = spot.node.state in LOUD ? spot.node.state : 'unknown';
    if (loud(spot.node) === 0 || state === 'busy') {
      if (!quiet.has(state)) quiet.set(state, []);
      quiet.get(state).push(spot);
    }
  }
  for (const [state, spots] of quiet) {
    context.beginPath();
    for (const { node, x, y, r } of spots) form(context, node.kind, x, y, r);
    context.fillStyle = state === 'busy' ? colors.busy : colors.raised;
    context.globalAlpha = state === 'off' ? 0.5 : 1;
    context.fill();
    context.lineWidth = Math.max(1.3, 1.2 / scale);
    context.strokeStyle = state === 'ok' ? colors.ok : state === 'busy' ? colors.busy : colors.off;
    context.stroke();
    context.globalAlpha = 1;
  }
  for (const spot of near) if (spot.node.kind !== 'device' && loud(spot.node) > 1) marked(context, spot, colors, scale);
  const own = near.find((spot) => spot.id === chosen);
  if (own) {
    context.beginPath();
    context.arc(own.x, own.y, own.r + 6 / Math.min(1, scale), 0, TAU);
    context.lineWidth = 2 / scale;
    context.strokeStyle = colors.accent;
    context.stroke();
  }
}

/** A place that wants attention: with a halo that is seen from afar however small the place is. */
function marked(context, { node, x, y, r }, colors, scale) {
  const state = node.state in LOUD ? node.state : 'unknown';
  const shade = node.waiting && LOUD[state] < 5 ? 'waiting' : state;
  const color = colors[`fill-${shade}`] ?? colors[shade];
  if (LOUD[state] > 2 || node.waiting) {
    const halo = Math.max(r * 2.3, 15 / scale);
    const glow = context.createRadialGradient(x, y, r * 0.6, x, y, halo);
    glow.addColorStop(0, `${color}66`);
    glow.addColorStop(1, `${color}00`);
    context.fillStyle = glow;
    context.beginPath();
    context.arc(x, y, halo, 0, TAU);
    context.fill();
  }
  const size = Math.max(r, state === 'unknown' ? 0 : 5 / scale);
  context.beginPath();
  form(context, node.kind, x, y, size);
  const solid = state === 'failing' || state === 'warning' || state === 'waiting' || node.waiting > 0;
  context.fillStyle = solid ? color : colors.raised;
  context.fill();
  context.lineWidth = state === 'quarantined' ? Math.max(2, 2 / scale) : Math.max(1.3, 1.2 / scale);
  context.setLineDash(state === 'quarantined' ? [4, 3] : state === 'unknown' ? [2.5, 2.5] : []);
  context.strokeStyle = color;
  context.stroke();
  context.setLineDash([]);
  const sign = node.waiting ? String(node.waiting) : { failing: '!', quarantined: '×', unknown: '?' }[state];
  if (sign && size * scale > 6) {
    context.fillStyle = solid ? '#1b1200' : color;
    context.font = `700 ${size * 1.25}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(sign, x, y + size * 0.06);
  }
}

const RANK = { device: 5, gate: 4, log: 4, vault: 4, gateway: 4, agent: 3, session: 2, model: 2, organism: 1, client: 1 };
const widths = new Map();

/** As many names as fit without touching each other, the important ones first. */
function names(context, near, { chosen }, camera, colors) {
  const { scale, width, height, ratio } = camera;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const wanted = near
    .map((spot) => ({ spot, rank: (spot.id === chosen ? 20 : 0) + loud(spot.node) * 2 + (RANK[spot.node.kind] ?? 0) }))
    .filter(({ spot, rank }) => rank >= 4 || spot.r * scale > 7)
    .sort((a, b) => b.rank - a.rank || (a.spot.id < b.spot.id ? -1 : 1));
  const taken = new Map();
  const cellsOf = (x, y, w, h) => {
    const cells = [];
    for (let cx = Math.floor(x / 64); cx <= Math.floor((x + w) / 64); cx++) for (let cy = Math.floor(y / 32); cy <= Math.floor((y + h) / 32); cy++) cells.push(`${cx} ${cy}`);
    return cells;
  };
  const take = (cells, box) => {
    for (const cell of cells) taken.has(cell) ? taken.get(cell).push(box) : taken.set(cell, [box]);
  };
  const free = (x, y, w, h, own, over) => {
    const cells = cellsOf(x, y, w, h);
    for (const cell of cells) for (const [ox, oy, ow, oh, of] of taken.get(cell) ?? []) if (of !== own && !(of && over) && x < ox + ow && ox < x + w && y < oy + oh && oy < y + h) return false;
    take(cells, [x, y, w, h, null]);
    return true;
  };
  for (const spot of near) {
    if (spot.node.kind === 'device') continue;
    const r = spot.r * scale;
    const x = (spot.x - camera.x) * scale + width / 2 - r;
    const y = (spot.y - camera.y) * scale + height / 2 - r;
    take(cellsOf(x, y, 2 * r, 2 * r), [x, y, 2 * r, 2 * r, spot]);
  }
  context.textAlign = 'center';
  context.textBaseline = 'top';
  context.lineJoin = 'round';
  let many = 0;
  for (const { spot } of wanted) {
    if (many > 220) break;
    const { node } = spot;
    const isDevice = node.kind === 'device';
    const text = spot.label;
    context.font = isDevice ? '600 13px system-ui, sans-serif' : '11.5px system-ui, sans-serif';
    const key = `${isDevice} ${text}`;
    let w = widths.get(key);
    if (w === undefined) {
      w = context.measureText(text).width;
      if (widths.size > 5_000) widths.clear();
      widths.set(key, w);
    }
    const x = (spot.x - camera.x) * scale + width / 2;
    const middle = (spot.y - camera.y) * scale + height / 2;
    const below = middle + spot.r * scale + 5;
    const above = middle - spot.r * scale - (isDevice ? 20 : 17);
    if (x + w / 2 < 0 || x - w / 2 > width || above > height || below < -16) continue;
    // What fails or waits is named also where the name covers a neighbour.
    const over = spot.id === chosen || loud(node) > 4;
    const y = (isDevice ? [above] : [below, above]).find((each) => free(x - w / 2 - 3, each, w + 6, 13, spot, over));
    if (y === undefined) continue;
    const level = loud(node);
    context.lineWidth = 3.5;
    context.strokeStyle = isDevice ? colors.bg : colors.panel;
    context.strokeText(text, x, y);
    context.fillStyle = level > 2 ? colors[node.waiting ? 'waiting' : node.state] ?? colors.ink : isDevice || spot.id === chosen ? colors.ink : colors.dim;
    context.fillText(text, x, y);
    many++;
  }
}
