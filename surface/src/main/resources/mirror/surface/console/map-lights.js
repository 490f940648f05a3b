/** Light that travels along the edges, one for each event; there are never more than {@link MOST}. */
import { bend } from './map-paint.js';

const MOST = 240;
const HOP = 460;
const RING = 620;
const TAIL = 7;

/** Lights beyond which tails are short. */
const MANY = 60;
const TAU = 2 * Math.PI;

export class Lights {
  #lights = [];
  #rings = [];

  /**
   * @param {string[]} path ids of places, first to last
   * @param {string} color
   */
  add(path, color, now, spots) {
    // Light goes between places; a device around them is where they are, not one of them.
    const inside = new Set(path.map((id) => spots.get(id)).filter((spot) => spot && spot.node.kind !== 'device').map((spot) => spot.device));
    const known = path.filter((id, at) => spots.has(id) && id !== path[at - 1] && !inside.has(id));
    if (!known.length) return;
    if (known.length === 1 || this.#lights.length >= MOST) {
      this.#ring(known[known.length - 1], color, now);
      return;
    }
    this.#lights.push({ path: known, color, start: now, hop: Math.max(180, HOP - 50 * known.length) });
  }

  #ring(id, color, now) {
    if (this.#rings.length < MOST) this.#rings.push({ id, color, start: now });
  }

  get any() {
    return this.#lights.length > 0 || this.#rings.length > 0;
  }

  clear() {
    this.#lights = [];
    this.#rings = [];
  }

  /** One frame. @returns {boolean} whether there will be another */
  paint(context, camera, spots, now) {
    const { scale, width, height, ratio } = camera;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width * ratio, height * ratio);
    const k = scale * ratio;
    context.setTransform(k, 0, 0, k, (width / 2 - camera.x * scale) * ratio, (height / 2 - camera.y * scale) * ratio);
    this.#lights = this.#lights.filter((light) => this.#light(context, light, scale, spots, now));
    this.#rings = this.#rings.filter((ring) => this.#pulse(context, ring, scale, spots, now));
    context.globalAlpha = 1;
    return this.any;
  }

  #light(context, { path, color, start, hop }, scale, spots, now) {
    const size = 3.2 / Math.sqrt(scale);
    context.fillStyle = color;
    const tails = this.#lights.length > MANY ? 3 : TAIL;
    for (let tail = 0; tail < tails; tail++) {
      const along = (now - start - tail * 22) / hop;
      if (along < 0) break;
      const at = Math.floor(along);
      if (at >= path.length - 1) {
        if (tail === 0) {
          this.#ring(path[path.length - 1], color, now);
          return false;
        }
        continue;
      }
      const from = spots.get(path[at]);
      const to = spots.get(path[at + 1]);
      if (!from || !to) return false;
      const t = ease(along - at);
      const [bx, by] = bend(from, to, spots);
      const x = (1 - t) * (1 - t) * from.x + 2 * (1 - t) * t * bx + t * t * to.x;
      const y = (1 - t) * (1 - t) * from.y + 2 * (1 - t) * t * by + t * t * to.y;
      context.globalAlpha = tail ? 0.5 * (1 - tail / TAIL) : 1;
      context.beginPath();
      context.arc(x, y, size * (1 - tail / (TAIL * 1.6)), 0, TAU);
      context.fill();
      if (!tail) {
        context.globalAlpha = 0.22;
        context.beginPath();
        context.arc(x, y, size * 2.8, 0, TAU);
        context.fill();
      }
    }
    return true;
  }

  #pulse(context, { id, color, start }, scale, spots, now) {
    const spot = spots.get(id);
    const t = (now - start) / RING;
    if (!spot || t >= 1) return false;
    if (t < 0) return true;
    const r = spot.node.kind === 'device' ? 30 : spot.r;
    context.globalAlpha = 0.8 * (1 - t);
    context.lineWidth = 1.6 / scale;
    context.strokeStyle = color;
    context.beginPath();
    context.arc(spot.x, spot.y, r + (14 * ease(t)) / Math.min(1.5, scale), 0, TAU);
    context.stroke();
    return true;
  }
}

function ease(t) {
  return t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2;
}
