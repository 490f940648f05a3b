/** What changes between two texts, line by line: the shortest edit by Myers' algorithm (1986), with all lines kept. */

/** Lines beyond which two texts are shown one after the other instead; the cost grows with their difference squared. */
const MOST = 4_000;

/**
 * @returns {{kind: 'same'|'cut'|'add', text: string}[]}
 */
export function diff(before, after) {
  const a = lines(before);
  const b = lines(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (list) => list.map((text) => ({ kind: 'same', text }));
  return [...same(a.slice(0, head)), ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)), ...same(a.slice(a.length - tail))];
}

function lines(text) {
  if (text === '') return [];
  const all = text.split('\n');
  if (all[all.length - 1] === '') all.pop();
  else all[all.length - 1] += '⟨no line end⟩';
  return all;
}

function middle(a, b) {
  const whole = () => [...a.map((text) => ({ kind: 'cut', text })), ...b.map((text) => ({ kind: 'add', text }))];
  if (!a.length || !b.length || a.length + b.length > MOST) return whole();
  const most = Math.min(a.length + b.length, 600);
  const trace = [];
  let best = new Map([[1, 0]]);
  for (let d = 0; d <= most; d++) {
    trace.push(new Map(best));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1)) ? best.get(k + 1) ?? 0 : (best.get(k - 1) ?? 0) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      best.set(k, x);
      if (x >= a.length && y >= b.length) return path(a, b, trace);
    }
  }
  return whole();
}

function path(a, b, trace) {
  const all = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d > 0; d--) {
    const best = trace[d];
    const k = x - y;
    const down = k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1));
    const from = down ? best.get(k + 1) ?? 0 : best.get(k - 1) ?? 0;
    const fromY = from - (down ? k + 1 : k - 1);
    while (x > from && y > fromY && x > 0 && y > 0 && a[x - 1] === b[y - 1]) {
      all.push({ kind: 'same', text: a[--x] });
      y--;
    }
    if (down) all.push({ kind: 'add', text: b[--y] });
    else all.push({ kind: 'cut', text: a[--x] });
  }
  while (x > 0 && y > 0) {
    all.push({ kind: 'same', text: a[--x] });
    y--;
  }
  return all.reverse();
}
