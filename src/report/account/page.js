'use strict';
(() => {
  const began = performance.now();
  const by = (id) => document.getElementById(id);
  const data = JSON.parse(by('data').textContent);
  const { x: vx, y: vy, name, kind, rating, price, fate } = data.venues;
  const many = name.length;
  const ground = by('ground'), canvas = by('canvas'), tip = by('tip'), chosen = by('chosen');
  const ink = canvas.getContext('2d');
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

  // Metres east and south of the middle, on a map that is true at its middle latitude.
  const METRES = 0.11119508;
  const edges = [Infinity, Infinity, -Infinity, -Infinity];
  const reach = (x, y) => {
    if (x < edges[0]) edges[0] = x;
    if (y < edges[1]) edges[1] = y;
    if (x > edges[2]) edges[2] = x;
    if (y > edges[3]) edges[3] = y;
  };
  for (const ring of data.rings) for (let at = 0; at < ring.length; at += 2) reach(ring[at], ring[at + 1]);
  if (edges[0] > edges[2]) for (const [west, south, east, north] of data.tiles) { reach(west, south); reach(east, north); }
  if (edges[0] > edges[2]) for (let at = 0; at < many; at++) reach(vx[at], vy[at]);
  if (edges[0] > edges[2]) { reach(0, 0); reach(1e4, 1e4); }
  const middle = [(edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2];
  const squeezed = Math.max(Math.cos((data.origin[1] + middle[1] / 1e6) * Math.PI / 180), 0.01);
  const east = (x) => (x - middle[0]) * METRES * squeezed;
  const south = (y) => (middle[1] - y) * METRES;
  const wide = Math.max((edges[2] - edges[0]) * METRES * squeezed, 20);
  const high = Math.max((edges[3] - edges[1]) * METRES, 20);
  const px = new Float64Array(many), py = new Float64Array(many);
  for (let at = 0; at < many; at++) { px[at] = east(vx[at]); py[at] = south(vy[at]); }

  const FATES = ['unchanged', 'missing', 'updated', 'new'];
  const SAID = ['unchanged', 'not seen by this run', 'changed', 'new'];
  const counts = [0, 0, 0, 0];
  const order = [[], [], [], []];
  for (let at = 0; at < many; at++) { counts[fate[at]]++; order[fate[at]].push(at); }

  // What is shown, with its sign.
  const SIGNS = {
    new: '<path d="M3 3h10v10h-10z" fill="var(--new)"/>',
    updated: '<path d="M8 1l7 7-7 7-7-7z" fill="var(--updated)"/>',
    unchanged: '<circle cx="8" cy="8" r="4" fill="var(--unchanged)"/>',
    missing: '<path d="M3 3l10 10M13 3l-10 10" stroke="var(--missing)" stroke-width="3"/>',
    tiles: '<path d="M2 2h12v12h-12z" fill="none" stroke="var(--tile)" stroke-width="2" stroke-dasharray="3 2"/>',
    asked: '<circle cx="8" cy="8" r="6" fill="none" stroke="var(--whole)" stroke-width="2"/>',
    counted: '<path d="M2 4h12v8h-12z" fill="none" stroke="var(--counted)" stroke-width="2"/>',
    capped: '<circle cx="8" cy="8" r="6" fill="none" stroke="var(--missing)" stroke-width="2.5"/>',
  };
  const free = data.circles.filter((circle) => circle[3] === 2).length + data.boxes.filter((box) => box[4] === 2).length;
  const LAYERS = [
    ['new', 'new', counts[3]], ['updated', 'changed', counts[2]], ['unchanged', 'unchanged', counts[0]], ['missing', 'not seen', counts[1]],
    ['tiles', 'tiles', data.tiles.length], ['asked', 'questions', data.circles.length + data.boxes.length - free],
    ['counted', 'free counts', free], ['capped', 'capped spots', data.capped.length],
  ];
  const shown = {};
  for (const [layer, words, number] of LAYERS) {
    shown[layer] = layer !== 'counted' && number > 0;
    if (number === 0) continue;
    const label = document.createElement('label'), box = document.createElement('input');
    box.type = 'checkbox';
    box.id = 'layer-' + layer;
    box.checked = shown[layer];
    box.addEventListener('change', () => { shown[layer] = box.checked; draw(); });
    const sign = document.createElement('span');
    sign.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true">' + SIGNS[layer] + '</svg>';
    label.append(box, sign.firstChild, words + ' (' + grouped(number) + ')');
    document.querySelector('.layers').append(label);
  }

  // Where we look: the place in the middle, and pixels of a metre.
  let width = 1, height = 1, ratio = 1, at = { x: 0, y: 0, scale: 1 }, whole = 1, picked = -1, hovered = -1, colours = {};
  const sx = (x) => (x - at.x) * at.scale + width / 2;
  const sy = (y) => (y - at.y) * at.scale + height / 2;
  const paint = () => {
    const style = getComputedStyle(document.documentElement);
    for (const colour of ['ground', 'edge', 'tile', 'open', 'whole', 'vain', 'counted', 'paper', 'ink', ...FATES]) {
      colours[colour] = style.getPropertyValue('--' + colour).trim();
    }
  };
  const measure = () => {
    const before = whole;
    ratio = Math.min(window.devicePixelRatio || 1, 2);
    width = Math.max(ground.clientWidth, 1);
    height = Math.max(ground.clientHeight, 1);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    whole = Math.min(width / wide, height / high) * 0.92;
    if (at.scale === 1 && before === 1) at.scale = whole;
    draw();
  };

  let asked = 0;
  const draw = () => { if (!asked) asked = requestAnimationFrame(() => { asked = 0; render(); }); };
  const ring = (points) => {
    for (let place = 0; place < points.length; place += 2) {
      const x = sx(east(points[place])), y = sy(south(points[place + 1]));
      if (place === 0) ink.moveTo(x, y); else ink.lineTo(x, y);
    }
    ink.closePath();
  };
  const rectangle = (box) => {
    const left = sx(east(box[0])), top = sy(south(box[3]));
    ink.rect(left, top, sx(east(box[2])) - left, sy(south(box[1])) - top);
  };
  const circle = (x, y, radius) => {
    const left = sx(x), top = sy(y);
    if (left + radius < 0 || top + radius < 0 || left - radius > width || top - radius > height) return;
    ink.moveTo(left + radius, top);
    ink.arc(left, top, radius, 0, 2 * Math.PI);
  };
  // Signs grow with the room between venues, up to where they can be told apart.
  const room = Math.sqrt(wide * high / Math.max(many, 1));
  const size = () => Math.max(1.2, Math.min(5, 0.2 * room * at.scale));
  const venues = (which, half) => {
    ink.fillStyle = ink.strokeStyle = colours[FATES[which]];
    const margin = half + 2;
    if (which === 1) ink.beginPath();
    for (const venue of order[which]) {
      const x = sx(px[venue]), y = sy(py[venue]);
      if (x < -margin || y < -margin || x > width + margin || y > height + margin) continue;
      if (which === 1) {
        ink.moveTo(x - half, y - half); ink.lineTo(x + half, y + half);
        ink.moveTo(x + half, y - half); ink.lineTo(x - half, y + half);
      } else if (half < 2.2) {
        ink.fillRect(x - half, y - half, 2 * half, 2 * half);
      } else {
        ink.beginPath();
        if (which === 2) { ink.moveTo(x, y - half * 1.4); ink.lineTo(x + half * 1.4, y); ink.lineTo(x, y + half * 1.4); ink.lineTo(x - half * 1.4, y); }
        else if (which === 3) ink.rect(x - half, y - half, 2 * half, 2 * half);
        else ink.arc(x, y, half, 0, 2 * Math.PI);
        ink.fill();
      }
    }
    if (which === 1) { ink.lineWidth = Math.max(1.2, half / 2.2); ink.stroke(); }
  };
  const areas = (which, colour, alpha) => {
    ink.beginPath();
    for (const [x, y, radius, came] of data.circles) if (came === which) circle(east(x), south(y), radius * at.scale);
    for (const box of data.boxes) if (box[4] === which) rectangle(box);
    ink.strokeStyle = colours[colour];
    ink.lineWidth = 1;
    ink.globalAlpha = alpha;
    ink.stroke();
    ink.globalAlpha = 1;
  };
  const mark = (venue, radius) => {
    ink.beginPath();
    circle(px[venue], py[venue], radius);
    ink.lineWidth = 5;
    ink.strokeStyle = colours.paper;
    ink.stroke();
    ink.lineWidth = 2.5;
    ink.strokeStyle = colours.ink;
    ink.stroke();
  };
  const render = () => {
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, width, height);
    ink.beginPath();
    data.rings.forEach(ring);
    ink.fillStyle = colours.ground;
    ink.fill('evenodd');
    if (shown.tiles) {
      ink.beginPath();
      for (const tile of data.tiles) if (!tile[4]) rectangle(tile);
      ink.fillStyle = colours.open;
      ink.fill();
      ink.beginPath();
      data.tiles.forEach(rectangle);
      ink.setLineDash([5, 4]);
      ink.lineWidth = 1;
      ink.strokeStyle = colours.tile;
      ink.stroke();
      ink.setLineDash([]);
    }
    if (shown.counted) areas(2, 'counted', 0.5);
    if (shown.asked) { areas(1, 'vain', 0.5); areas(0, 'whole', 0.55); }
    ink.beginPath();
    data.rings.forEach(ring);
    ink.lineWidth = 2;
    ink.strokeStyle = colours.edge;
    ink.stroke();
    const half = size();
    FATES.forEach((layer, which) => { if (shown[layer]) venues(which, half); });
    if (shown.capped) {
      ink.beginPath();
      for (const spot of data.capped) circle(east(spot.x), south(spot.y), Math.max(spot.radius_m * at.scale, 8));
      ink.lineWidth = 3;
      ink.strokeStyle = colours.missing;
      ink.stroke();
    }
    if (hovered >= 0 && hovered !== picked) mark(hovered, half + 4);
    if (picked >= 0) mark(picked, half + 6);
    scale();
    ground.dataset.zoom = (at.scale / whole).toFixed(3);
  };
  const scale = () => {
    const most = width / 5 / at.scale, power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((times) => times * power).find((metres) => metres <= most) || power;
    const bar = by('scale');
    bar.style.width = metres * at.scale + 'px';
    bar.textContent = metres >= 1000 ? metres / 1000 + ' km' : metres + ' m';
  };

  const stars = (venue) => (rating[venue] < 0 ? 'no rating' : 'rated ' + (rating[venue] / 10).toFixed(1));
  const dear = (venue) => (price[venue] < 0 ? '' : ', ' + (price[venue] === 0 ? 'free' : '$'.repeat(price[venue])));
  const about = (venue) => data.kinds[kind[venue]] + ', ' + stars(venue) + dear(venue) + '; ' + SAID[fate[venue]];
  const nearest = (x, y, within) => {
    let best = -1, least = within === undefined ? Infinity : (within / at.scale) ** 2;
    for (let venue = 0; venue < many; venue++) {
      if (!shown[FATES[fate[venue]]]) continue;
      const distance = (px[venue] - x) ** 2 + (py[venue] - y) ** 2;
      // Of two in one place, the one that is drawn above.
      if (distance < least || (distance === least && best >= 0 && fate[venue] > fate[best])) { best = venue; least = distance; }
    }
    return best;
  };
  const choose = (venue) => {
    picked = venue;
    if (venue < 0) chosen.textContent = 'No venue is chosen.';
    else chosen.textContent = name[venue] + ': ' + about(venue) + '.';
    draw();
  };
  const hint = (venue, x, y) => {
    if (venue !== hovered) { hovered = venue; draw(); }
    tip.hidden = venue < 0;
    if (venue < 0) return;
    const title = document.createElement('b');
    title.textContent = name[venue];
    tip.replaceChildren(title, about(venue));
    const left = Math.min(x + 14, width - tip.offsetWidth - 4), above = y + 18 + tip.offsetHeight > height;
    tip.style.transform = 'translate(' + Math.max(left, 4) + 'px,' + Math.max(above ? y - tip.offsetHeight - 12 : y + 18, 4) + 'px)';
  };
  const zoom = (times, x = width / 2, y = height / 2) => {
    const next = Math.min(Math.max(at.scale * times, whole / 4), Math.max(whole * 4000, 8));
    const away = [(x - width / 2), (y - height / 2)];
    at = { x: at.x + away[0] / at.scale - away[0] / next, y: at.y + away[1] / at.scale - away[1] / next, scale: next };
    draw();
  };
  const everything = () => { at = { x: 0, y: 0, scale: whole }; draw(); };
  const move = (x, y) => {
    const far = [wide, high].map((side) => side / 2 + Math.max(width, height) / 2 / at.scale);
    at.x = Math.min(Math.max(at.x - x / at.scale, -far[0]), far[0]);
    at.y = Math.min(Math.max(at.y - y / at.scale, -far[1]), far[1]);
    draw();
  };

  // One finger or the mouse moves, two fingers zoom, a short touch chooses.
  const held = new Map();
  let travelled = 0;
  const spot = (event) => {
    const box = ground.getBoundingClientRect();
    return { x: event.clientX - box.left - ground.clientLeft, y: event.clientY - box.top - ground.clientTop };
  };
  const place = ({ x, y }) => [(x - width / 2) / at.scale + at.x, (y - height / 2) / at.scale + at.y];
  ground.addEventListener('pointerdown', (event) => {
    if (event.button > 0) return;
    held.set(event.pointerId, spot(event));
    if (held.size === 1) travelled = 0; else travelled = 99;
    ground.setPointerCapture(event.pointerId);
    ground.classList.add('held');
  });
  ground.addEventListener('pointermove', (event) => {
    const now = spot(event), before = held.get(event.pointerId);
    if (!before) {
      if (event.pointerType === 'mouse') hint(nearest(...place(now), 14), now.x, now.y);
      return;
    }
    travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (held.size === 2) {
      const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const apart = (point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
      zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
      move((now.x - before.x) / 2, (now.y - before.y) / 2);
    } else if (travelled > 4) {
      hint(-1);
      move(now.x - before.x, now.y - before.y);
    }
    held.set(event.pointerId, now);
  });
  const released = (event) => {
    if (held.delete(event.pointerId) && event.type === 'pointerup' && held.size === 0 && travelled <= 4) {
      const near = nearest(...place(spot(event)), event.pointerType === 'mouse' ? 14 : 24);
      choose(near);
    }
    if (held.size === 0) ground.classList.remove('held');
  };
  ground.addEventListener('pointerup', released);
  ground.addEventListener('pointercancel', released);
  ground.addEventListener('pointerleave', () => hint(-1));
  ground.addEventListener('wheel', (event) => {
    event.preventDefault();
    const now = spot(event);
    zoom(2 ** (-event.deltaY * (event.deltaMode ? 20 : 1) / 240), now.x, now.y);
  }, { passive: false });
  ground.addEventListener('dblclick', (event) => { const now = spot(event); zoom(2, now.x, now.y); });

  // Round the middle, from the nearest on.
  let round = [], turn = 0;
  const next = (first) => {
    if (first || round.length === 0) {
      const distance = (venue) => (px[venue] - at.x) ** 2 + (py[venue] - at.y) ** 2;
      round = [];
      for (let venue = 0; venue < many; venue++) if (shown[FATES[fate[venue]]]) round.push(venue);
      round.sort((a, b) => distance(a) - distance(b));
      round.length = Math.min(round.length, 500);
      turn = 0;
    } else turn = (turn + 1) % round.length;
    choose(round.length ? round[turn] : -1);
  };
  const KEYS = {
    ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
    '+': () => zoom(1.6), '=': () => zoom(1.6), '-': () => zoom(1 / 1.6), _: () => zoom(1 / 1.6), 0: everything, Home: everything,
    Enter: () => next(true), ' ': () => next(true), n: () => next(false), N: () => next(false), Escape: () => choose(-1),
  };
  ground.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  by('in').addEventListener('click', () => zoom(1.6));
  by('out').addEventListener('click', () => zoom(1 / 1.6));
  by('all').addEventListener('click', everything);

  // By name, whatever its accents.
  const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const find = by('find'), found = by('found');
  let plainly = null;
  find.disabled = false;
  find.addEventListener('input', () => {
    plainly = plainly || name.map(plain);
    const part = plain(find.value.trim());
    found.replaceChildren();
    if (part.length > 1) {
      for (let venue = 0; venue < many && found.childElementCount < 12; venue++) {
        if (!plainly[venue].includes(part)) continue;
        const item = document.createElement('li'), button = document.createElement('button');
        button.type = 'button';
        button.textContent = name[venue] + ' (' + data.kinds[kind[venue]] + ')';
        button.addEventListener('click', () => {
          at = { x: px[venue], y: py[venue], scale: Math.max(at.scale, Math.min(whole * 12, 1)) };
          const box = by('layer-' + FATES[fate[venue]]);
          if (!box.checked) box.click();
          choose(venue);
        });
        item.append(button);
        found.append(item);
      }
      if (!found.childElementCount) found.append('No venue has that in its name.');
    }
    found.hidden = !found.childElementCount && !found.textContent;
  });
  document.querySelector('.find').addEventListener('submit', (event) => {
    event.preventDefault();
    found.querySelector('button')?.click();
  });

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { paint(); draw(); });
  paint();
  new ResizeObserver(measure).observe(ground);
  measure();
  render();
  document.documentElement.dataset.drawn = Math.round(performance.now() - began);
})();
