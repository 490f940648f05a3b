/** The picture of the mesh: a canvas of places under a canvas of lights, and the hand that moves them. */
import { h } from './dom.js';
import { arrange, Seats } from './map-layout.js';
import { paint, palette } from './map-paint.js';
import { Lights } from './map-lights.js';
import { plain } from './visible.js';
import { clip } from './format.js';

/** Kinds of which a device has one, which are called what they are. */
const SINGLE = new Set(['gate', 'log', 'vault', 'gateway']);

const LEAST = 0.08;
const LARGEST = 5;
const FLIGHT = 420;
const HOLD = 380;

/** Room above for what is written over the map. */
const HEAD = 90;

/** Dispatches `choose` with the id of a place ('' for none), and `moved` with positions that a person changed. */
export class MeshMap extends HTMLElement {
  #below = h('canvas', { 'aria-hidden': 'true' });
  #above = h('canvas', { 'aria-hidden': 'true' });
  #camera = { x: 0, y: 0, scale: 1, width: 0, height: 0, ratio: 1 };
  #scene = { spots: new Map(), edges: [], chosen: '' };
  #bounds = { left: -300, top: -300, right: 300, bottom: 300 };
  #seats = new Seats(safeStorage());
  #colors = null;
  #lights = new Lights();
  #frame = 0;
  #dirty = true;
  #flight = null;
  #fingers = new Map();
  #drag = null;
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  #fitted = false;
  #inset = { right: 0, bottom: 0 };
  #life = new AbortController();

  connectedCallback() {
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.append(this.#below, this.#above);
    this.#colors = palette();
    const sized = new ResizeObserver(() => this.#size());
    sized.observe(this);
    signal.addEventListener('abort', () => sized.disconnect());
    const recolor = () => {
      this.#colors = palette();
      this.#touch();
    };
    window.addEventListener('theme', recolor, { signal });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolor, { signal });
    const on = (type, listener, options = {}) => this.#above.addEventListener(type, listener, { signal, ...options });
    on('pointerdown', (event) => this.#down(event));
    on('pointermove', (event) => this.#move(event));
    on('pointerup', (event) => this.#up(event));
    on('pointercancel', (event) => this.#up(event, true));
    on('wheel', (event) => this.#wheel(event), { passive: false });
    on('dblclick', (event) => this.zoom(1.9, event.offsetX, event.offsetY));
    on('contextmenu', (event) => event.preventDefault());
  }

  disconnectedCallback() {
    this.#life.abort();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** What there is. */
  show(nodes, edges, layout, origin) {
    const { spots, bounds } = arrange(nodes, layout, origin, this.#seats, this.clientHeight > this.clientWidth);
    for (const spot of spots.values()) spot.label = clip(plain(clip(SINGLE.has(spot.node.kind) ? spot.node.kind : spot.node.name || spot.id, 60)), 26);
    this.#scene.spots = spots;
    this.#scene.edges = edges;
    this.#bounds = bounds;
    if (!this.#fitted && this.#camera.width) this.fit(false);
    this.#touch();
  }

  /** Light for an event, from its first place to its last. */
  light(path, tone) {
    if (this.#still.matches || document.hidden) return;
    this.#lights.add(path, this.#colors[tone] ?? this.#colors.accent, performance.now(), this.#scene.spots);
    this.#ask();
  }

  dark() {
    this.#lights.clear();
    this.#ask();
  }

  get chosen() {
    return this.#scene.chosen;
  }

  /** Marks a place and, if asked, goes there. */
  choose(id, fly = true) {
    this.#scene.chosen = this.#scene.spots.has(id) ? id : '';
    const spot = this.#scene.spots.get(id);
    if (spot && fly) {
      const disc = spot.node.kind === 'device' ? spot.r * 1.15 : 190;
      this.#fly(spot.x, spot.y, Math.min(2.2, this.#free() / (2 * disc)));
    }
    this.#touch();
  }

  /** What covers the right and the lower side, in pixels; places are centred beside it. */
  set inset(inset) {
    this.#inset = inset;
  }

  fit(animated = true) {
    const { left, top, right, bottom } = this.#bounds;
    const { width, height } = this.#camera;
    if (!width) return;
    this.#fitted = true;
    const scale = Math.max(LEAST, Math.min((width - 40 - this.#inset.right) / (right - left), (height - HEAD - 40 - this.#inset.bottom) / (bottom - top), 1.6));
    this.#fly((left + right) / 2, (top + bottom) / 2 - (HEAD - 30) / 2 / scale, scale, animated);
  }

  /** Zooms by a factor around a point of the view; without one around its middle. */
  zoom(by, x = this.#camera.width / 2, y = this.#camera.height / 2) {
    const camera = this.#camera;
    const scale = Math.max(LEAST, Math.min(LARGEST, camera.scale * by));
    const dx = x - camera.width / 2;
    const dy = y - camera.height / 2;
    camera.x += dx / camera.scale - dx / scale;
    camera.y += dy / camera.scale - dy / scale;
    camera.scale = scale;
    this.#flight = null;
    this.#touch();
  }

  #free() {
    return Math.max(120, Math.min(this.#camera.width - this.#inset.right, this.#camera.height - this.#inset.bottom));
  }

  #fly(x, y, scale, animated = true) {
    x += this.#inset.right / 2 / scale;
    y += this.#inset.bottom / 2 / scale;
    const { x: fx, y: fy, scale: fs } = this.#camera;
    if (!animated || this.#still.matches) Object.assign(this.#camera, { x, y, scale });
    else this.#flight = { start: performance.now(), from: [fx, fy, fs], to: [x, y, scale] };
    this.#touch();
  }

  #size() {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const { clientWidth: width, clientHeight: height } = this;
    Object.assign(this.#camera, { width, height, ratio });
    for (const canvas of [this.#below, this.#above]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    if (!this.#fitted && this.#scene.spots.size) this.fit(false);
    this.#dirty = true;
    this.#paint(performance.now());
  }

  #touch() {
    this.#dirty = true;
    this.#ask();
  }

  #ask() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#paint(now);
    });
  }

  #paint(now) {
    if (!this.#camera.width) return;
    if (this.#flight) this.#glide(now);
    const { spots } = this.#scene;
    if (this.#dirty) {
      this.#dirty = false;
      const busy = (this.#flight || this.#drag || this.#fingers.size > 1) && spots.size > 500;
      paint(this.#below.getContext('2d'), this.#scene, this.#camera, this.#colors, !busy);
    }
    const more = this.#lights.paint(this.#above.getContext('2d'), this.#camera, spots, now);
    if (more || this.#flight) this.#ask();
  }

  #glide(now) {
    const { start, from, to } = this.#flight;
    const t = Math.min(1, (now - start) / FLIGHT);
    const e = 1 - (1 - t) ** 3;
    this.#camera.scale = from[2] * (to[2] / from[2]) ** e;
    this.#camera.x = from[0] + (to[0] - from[0]) * e;
    this.#camera.y = from[1] + (to[1] - from[1]) * e;
    this.#dirty = true;
    if (t >= 1) this.#flight = null;
  }

  #at(x, y, reach) {
    const { camera, found } = { camera: this.#camera, found: { spot: null, far: Infinity } };
    const wx = (x - camera.width / 2) / camera.scale + camera.x;
    const wy = (y - camera.height / 2) / camera.scale + camera.y;
    for (const spot of this.#scene.spots.values()) {
      const device = spot.node.kind === 'device';
      const far = Math.hypot(spot.x - wx, spot.y - wy) - spot.r;
      // The disc of a device is behind what is in it.
      const cost = device ? (far <= 0 ? 1e6 + spot.r : Infinity) : far * camera.scale <= reach ? far : Infinity;
      if (cost < found.far) Object.assign(found, { spot, far: cost });
    }
    return found.spot;
  }

  #down(event) {
    this.#flight = null;
    this.#above.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (this.#fingers.size > 1) {
      this.#endDrag(true);
      return;
    }
    const touch = event.pointerType !== 'mouse';
    const spot = this.#at(event.offsetX, event.offsetY, touch ? 22 : 8);
    this.#drag = { spot, x: event.offsetX, y: event.offsetY, far: 0, holds: !touch && spot !== null && spot.node.kind !== 'device' };
    // A finger moves the map, and after a while on a place that place.
    if (touch && spot) this.#drag.timer = setTimeout(() => {
      if (!this.#drag || this.#drag.far > 8) return;
      this.#drag.holds = true;
      navigator.vibrate?.(12);
    }, HOLD);
  }

  #move(event) {
    const last = this.#fingers.get(event.pointerId);
    if (!last) {
      this.#above.style.cursor = this.#at(event.offsetX, event.offsetY, 8) ? 'pointer' : 'grab';
      return;
    }
    if (this.#fingers.size > 1) this.#pinch(event);
    else if (this.#drag) {
      const dx = event.offsetX - last[0];
      const dy = event.offsetY - last[1];
      this.#drag.far = Math.max(this.#drag.far, Math.hypot(event.offsetX - this.#drag.x, event.offsetY - this.#drag.y));
      if (this.#drag.far > 5) this.#shift(dx / this.#camera.scale, dy / this.#camera.scale);
    }
    this.#fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
  }

  #shift(dx, dy) {
    const { spot, holds } = this.#drag;
    if (spot && holds) {
      for (const each of this.#scene.spots.values()) {
        if (each !== spot && !(spot.node.kind === 'device' && each.device === spot.id)) continue;
        each.x += dx;
        each.y += dy;
      }
      this.#drag.moved = true;
    } else {
      this.#camera.x -= dx;
      this.#camera.y -= dy;
    }
    this.#touch();
  }

  #pinch(event) {
    const before = [...this.#fingers.values()];
    this.#fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    const after = [...this.#fingers.values()];
    const span = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const mid = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const [mx, my] = mid(after);
    const [ox, oy] = mid(before);
    this.#camera.x -= (mx - ox) / this.#camera.scale;
    this.#camera.y -= (my - oy) / this.#camera.scale;
    this.zoom(span(after) / Math.max(1, span(before)), mx, my);
  }

  #up(event, cancelled = false) {
    this.#fingers.delete(event.pointerId);
    if (this.#drag) this.#endDrag(cancelled);
    this.#touch();
  }

  #endDrag(cancelled) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    clearTimeout(drag.timer);
    if (drag.moved) {
      const middle = drag.spot.node.kind === 'device' ? { x: 0, y: 0 } : this.#scene.spots.get(drag.spot.device) ?? { x: 0, y: 0 };
      const at = [Math.round(drag.spot.x - middle.x), Math.round(drag.spot.y - middle.y)];
      this.dispatchEvent(new CustomEvent('moved', { detail: { [drag.spot.id]: at } }));
    } else if (!cancelled && drag.far <= 5) {
      this.dispatchEvent(new CustomEvent('choose', { detail: drag.spot?.id ?? '' }));
    }
  }

  #wheel(event) {
    event.preventDefault();
    if (event.ctrlKey || Math.abs(event.deltaY) >= Math.abs(event.deltaX)) {
      const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      this.zoom(Math.exp(-Math.max(-120, Math.min(120, step)) * (event.ctrlKey ? 0.012 : 0.0022)), event.offsetX, event.offsetY);
    } else {
      this.#camera.x += event.deltaX / this.#camera.scale;
      this.#touch();
    }
  }
}

function safeStorage() {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

customElements.define('mesh-map', MeshMap);
