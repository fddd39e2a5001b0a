'use strict';
// A part of the time is looked at closely: dragged over, by buttons, keys or an event of the table.
(() => {
  const charts = document.getElementById('charts');
  if (!charts) return;
  const first = +charts.dataset.from, last = +charts.dataset.to, kind = charts.dataset.along;
  const origin = +charts.dataset.origin || 0;
  const views = [...charts.querySelectorAll('.view')];
  const bar = document.getElementById('zoom'), said = bar.querySelector('output');
  const whole = views.map((view) => view.querySelector('svg').viewBox.baseVal.width)[0] || 1;
  const most = Math.max((last - first) / 5000, kind === 'rows' ? 4 : 1e-3);
  let from = first, to = last, waits = false;

  const DAY = 86400;
  const STEPS = [0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800,
    21600, 43200, DAY, 2 * DAY, 5 * DAY, 10 * DAY, 30 * DAY, 91 * DAY, 182 * DAY, 365.25 * DAY, 1826.25 * DAY];
  const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  const day = (date) => `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;

  const ticks = (about) => {
    const raw = (to - from) / about, start = kind === 'dated' ? origin : 0;
    let step = STEPS.find((s) => s >= raw);
    if (kind !== 'dated' || !step) {
      const power = 10 ** Math.floor(Math.log10(raw));
      step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.999);
      if (kind === 'rows') step = Math.max(1, Math.round(step));
    }
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), out = [];
    for (let n = Math.ceil((start + from) / step - 1e-9); out.length < 64; n++) {
      const at = n * step, place = at - start;
      if (place > to) break;
      if (kind !== 'dated') { out.push([place, at.toFixed(digits)]); continue; }
      const date = new Date(at * 1000), clock = date.toISOString();
      const midnight = Math.abs(at / DAY - Math.round(at / DAY)) < 1e-9;
      out.push([place, step > 300 * DAY ? clock.slice(0, 4) : step >= DAY || midnight ? day(date)
        : clock.slice(11, step < 1 ? 23 : step < 60 ? 19 : 16)]);
    }
    return out;
  };

  const words = (place) => {
    if (kind === 'rows') return `row ${Math.round(place)}`;
    if (kind === 'seconds') return `${place.toFixed(0)} s`;
    const date = new Date((origin + place) * 1000);
    return isNaN(date) ? '?' : date.toISOString().slice(0, 19).replace('T', ' ');
  };

  const draw = () => {
    waits = false;
    const scale = whole / (last - first);
    const about = Math.max(2, Math.round((views[0].clientWidth || 600) / 110));
    const marks = ticks(about).map(([place, text]) => {
      const mark = document.createElement('i'), word = document.createElement('span');
      const part = (place - from) / (to - from);
      mark.style.left = `${100 * part}%`;
      word.textContent = text;
      word.className = part < 0.06 ? 'first' : part > 0.94 ? 'last' : '';
      mark.append(word);
      return mark;
    });
    for (const view of views) {
      const box = view.querySelector('svg').viewBox.baseVal;
      box.x = (from - first) * scale;
      box.width = (to - from) * scale;
      view.querySelector('.xs').replaceChildren(...marks.map((mark) => mark.cloneNode(true)));
    }
    said.textContent = `${words(from)} to ${words(to)}`;
    bar.classList.toggle('near', from > first || to < last);
  };
  const look = (a, b) => {
    const width = Math.min(Math.max(b - a, most), last - first);
    from = Math.min(Math.max((a + b - width) / 2, first), last - width);
    to = from + width;
    if (!waits) { waits = true; requestAnimationFrame(draw); }
  };
  const by = (factor, at = (from + to) / 2) => look(at - (at - from) * factor, at + (to - at) * factor);
  const along = (part) => look(from + part * (to - from), to + part * (to - from));
  const acts = { in: () => by(0.5), out: () => by(2), back: () => along(-0.5), on: () => along(0.5),
    all: () => look(first, last) };

  bar.hidden = false;
  bar.addEventListener('click', (event) => acts[event.target.dataset.act]?.());
  document.addEventListener('keydown', (event) => {
    const act = { '+': 'in', '=': 'in', '-': 'out', ArrowLeft: 'back', ArrowRight: 'on', 0: 'all' }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[act]();
  });
  document.querySelectorAll('a[data-x]').forEach((link) => link.addEventListener('click', () => {
    const at = +link.dataset.x, half = (last - first) / 40;
    look(at - half, at + half);
  }));

  for (const view of views) {
    const place = (event) => {
      const box = view.getBoundingClientRect();
      return from + (to - from) * Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    };
    let start = null, mark = null;
    view.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      start = place(event);
      mark = document.createElement('b');
      view.append(mark);
      view.setPointerCapture(event.pointerId);
    });
    view.addEventListener('pointermove', (event) => {
      if (start === null) return;
      const now = place(event), part = (x) => 100 * (x - from) / (to - from);
      mark.style.left = `${part(Math.min(start, now))}%`;
      mark.style.width = `${part(from + Math.abs(now - start))}%`;
    });
    const end = (event) => {
      if (start === null) return;
      const [a, b] = [start, place(event)].sort((x, y) => x - y);
      if (event.type === 'pointerup' && b - a > (to - from) / 100) look(a, b);
      mark.remove();
      start = null;
    };
    view.addEventListener('pointerup', end);
    view.addEventListener('pointercancel', end);
    view.addEventListener('dblclick', acts.all);
  }
  addEventListener('resize', () => look(from, to));
  draw();
})();
