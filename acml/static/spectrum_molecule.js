// The drawing is made in Python; this script lets lines and atoms light each other up, and zooms. It serves the widget and the saved file.
// Elements name the rows of the assignment that they belong to in data-m ("3 4"); the root holds one sentence per row in data-says.

const GAP = 10.5;

// The axis of a spectrum panel: what stands where when `start` and `stop` are at its ends.
function spectrumAxis(svg) {
  const ticks = svg.querySelector(".ticks"), full = [Number(ticks.dataset.start), Number(ticks.dataset.stop)];
  const left = Number(ticks.dataset.left), right = Number(ticks.dataset.right), [, , W] = svg.getAttribute("viewBox").split(" ").map(Number);
  const sticks = [...svg.querySelectorAll(".stick")].map(g => ({ g, x: Number(g.dataset.x), w: Number(g.dataset.w || 0),
    up: g.classList.contains("obs"), text: g.querySelector("text"), lead: g.querySelector("path"),
    y: (/translate\([^,]*,([-\d.]+)/.exec(g.querySelector("text").getAttribute("transform")) || [0, 0])[1],
    subs: [...g.querySelectorAll("line[data-d]")].map(l => [l, Number(l.dataset.d)]) }));
  const hits = [...svg.querySelectorAll("rect.hit")].map(r => ({ r, x: Number(r.dataset.x), y: r.getAttribute("y") }));
  const links = [...svg.querySelectorAll(".link")].map(p => ({ p, a: Number(p.dataset.a), b: Number(p.dataset.b),
    y: p.getAttribute("d").match(/,[\d.]+/g).map(o => Number(o.slice(1))) }));
  const mass = !links.length && !sticks.some(s => s.lead);
  let now = [...full], whole = true;
  const band = svg.appendChild(make("rect", { svg: 1, class: "acml-band", y: 2, height: 350, width: 0, fill: "#0072b2", "fill-opacity": .15, "pointer-events": "none" }));
  const pos = v => left + (v - now[0]) / (now[1] - now[0]) * (right - left);
  const inside = x => x >= left - .5 && x <= right + .5;

  function spread(x, low, high) {
    const pools = [];
    x.forEach((v, i) => {
      pools.push([v - GAP * i, 1]);
      while (pools.length > 1 && pools[pools.length - 2][0] >= pools[pools.length - 1][0]) {
        const [b, k] = pools.pop(), [a, n] = pools.pop();
        pools.push([(a * n + b * k) / (n + k), n + k]);
      }
    });
    const flat = pools.flatMap(([v, n]) => Array(n).fill(v));
    return flat.map((v, i) => Math.min(Math.max(v, low), Math.max(low, high - GAP * (x.length - 1))) + GAP * i);
  }

  function thin(marks) {
    const kept = [];
    for (const s of [...marks].sort((a, b) => b.w - a.w)) if (kept.every(o => Math.abs(o - s.px) >= GAP)) { kept.push(s.px); s.at = s.px; }
  }

  function labels(half) {
    const shown = half.filter(s => inside(s.px)).sort((a, b) => a.px - b.px);
    for (const s of half) s.at = null;
    if (mass || shown.length * GAP >= right - left) thin(shown);
    else spread(shown.map(s => s.px), left + 4, right - 4).forEach((v, i) => { shown[i].at = v; });
  }

  function drawTicks() {
    const low = Math.min(...now), high = Math.max(...now);
    let step = 1e4;
    for (const s of [.0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000])
      if ((high - low) / s <= 11) { step = s; break; }
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), parts = [];
    for (let i = Math.ceil(low / step); i * step < high; i++) {
      const x = pos(i * step).toFixed(1), line = (y1, y2, stroke) => make("line", { svg: 1, x1: x, x2: x, y1, y2, stroke });
      parts.push(line(62, 352, "#eef1f4"), line(352, 356, "#1f2933"),
        make("text", { svg: 1, x, y: 368, "text-anchor": "middle", "font-size": 11, fill: "#1f2933", text: (i * step).toFixed(digits) }));
    }
    ticks.replaceChildren(...parts);
  }

  function apply() {
    for (const s of sticks) s.px = pos(s.x);
    labels(sticks.filter(s => s.up));
    labels(sticks.filter(s => !s.up));
    const scale = (right - left) / (now[1] - now[0]);
    for (const s of sticks) {
      s.g.style.display = inside(s.px) ? "" : "none";
      if (!inside(s.px)) continue;
      s.g.setAttribute("transform", `translate(${s.px.toFixed(1)},0)`);
      for (const [l, d] of s.subs) { l.setAttribute("x1", (d * scale).toFixed(2)); l.setAttribute("x2", (d * scale).toFixed(2)); }
      const dx = s.at === null ? 0 : s.at - s.px;
      for (const el of [s.text, s.lead]) if (el) {
        el.classList.toggle("thin", s.at === null);
        if (s.at === null) el.setAttribute("display", "none"); else el.removeAttribute("display");
      }
      s.text.setAttribute("transform", `translate(${(dx + 3.4).toFixed(1)},${s.y}) rotate(-90)`);
      if (s.lead) s.lead.setAttribute("d", s.lead.getAttribute("d").replace(/^M[-\d.]+,/, `M${dx.toFixed(1)},`));
    }
    for (const l of links) {
      let [a, b, ya, yb] = [pos(l.a), pos(l.b), ...l.y];
      const cut = (x, x2, y, y2) => { const e = x < left ? left : right; return inside(x) ? [x, y] : [e, y + (y2 - y) * (e - x) / (x2 - x)]; };
      l.p.style.display = inside(a) || inside(b) ? "" : "none";
      if (!inside(a) && !inside(b)) continue;
      const [p, q] = [cut(a, b, ya, yb), cut(b, a, yb, ya)];
      l.p.setAttribute("d", `M${p[0].toFixed(1)},${p[1].toFixed(1)} L${q[0].toFixed(1)},${q[1].toFixed(1)}`);
    }
    for (const y of new Set(hits.map(h => h.y))) {
      const row = hits.filter(h => h.y === y).map(h => ({ ...h, px: pos(h.x) })).sort((a, b) => a.px - b.px);
      row.forEach((h, i) => {
        const low = Math.max(h.px - 7, i ? (h.px + row[i - 1].px) / 2 : -1e9), high = Math.min(h.px + 7, i < row.length - 1 ? (h.px + row[i + 1].px) / 2 : 1e9);
        h.r.style.display = inside(h.px) ? "" : "none";
        h.r.setAttribute("x", low.toFixed(1));
        h.r.setAttribute("width", Math.max(0, high - low).toFixed(1));
      });
    }
    drawTicks();
  }

  const range = full[1] - full[0];
  function set(a, b) {
    const least = Math.abs(range) / 2000, sign = Math.sign(range), mid = (a + b) / 2;
    if (sign * (b - a) < least) [a, b] = [mid - sign * least / 2, mid + sign * least / 2];
    const span = b - a;
    if (sign * span >= sign * range) [a, b] = full;
    else if (sign * (a - full[0]) < 0) [a, b] = [full[0], full[0] + span];
    else if (sign * (b - full[1]) > 0) [a, b] = [full[1] - span, full[1]];
    now = [a, b];
    apply();
  }
  const value = share => now[0] + (share * W - left) / (right - left) * (now[1] - now[0]);
  const pan = d => set(now[0] + d * (now[1] - now[0]), now[1] + d * (now[1] - now[0]));
  return { pan, reset: () => set(...full), range: () => [...now],
    zoom(f, [x]) { const v = value(x); set(v + (now[0] - v) * f, v + (now[1] - v) * f); },
    drag(from, to, shift) { const [a, b] = [from[0], to[0]].sort((p, q) => p - q); band.setAttribute("x", a * W); band.setAttribute("width", (b - a) * W); },
    drop(from, to, shift) {
      band.setAttribute("width", 0);
      if (shift) pan((from[0] - to[0]) * W / (right - left));
      else if (Math.abs(from[0] - to[0]) > .01) set(...[from[0], to[0]].sort((p, q) => p - q).map(value));
    } };
}

function attach(root, onSelect = () => {}) {
  root.dataset.live = "yes";
  const rowsOf = el => (el.dataset.m || "").split(" ").filter(Boolean).map(Number);
  const parts = [...root.querySelectorAll("[data-m]")].map(el => [el, rowsOf(el)]);
  const says = JSON.parse(root.dataset.says), readout = root.querySelector(".acml-readout"), rest = readout.textContent;
  const alone = root.dataset.kind === "mass"; // an atom lights its peaks, not the atoms of all their fragments
  let pinned = [], lit = [];

  function show(rows, atom) {
    const active = new Set(rows), all = [...active].sort((a, b) => a - b);
    root.classList.toggle("acml-active", active.size > 0);
    for (const [el, own] of parts) {
      const of = el.dataset.of, on = alone && atom !== undefined && of !== undefined ? of === atom : own.some(r => active.has(r));
      if (on !== el.classList.contains("on")) el.classList.toggle("on", on);
      if (el.hasAttribute("aria-pressed")) {
        const pressed = String(own.length > 0 && pinned.length > 0 && own.every(r => pinned.includes(r)));
        if (el.getAttribute("aria-pressed") !== pressed) el.setAttribute("aria-pressed", pressed);
      }
    }
    const more = all.length > 4 ? `   ·   and ${all.length - 4} more` : "";
    readout.textContent = active.size ? all.slice(0, 4).map(r => says[r]).join("   ·   ") + more : rest;
  }

  function select(rows, tell = false, atom) {
    pinned = rows.filter(r => r >= 0 && r < says.length);
    lit = [pinned, atom];
    show(pinned, atom);
    if (tell) onSelect(pinned);
  }

  const target = event => event.target.closest && event.target.closest("[data-m].hit");
  const same = (a, b) => a.length === b.length && a.every(r => b.includes(r));
  const hover = event => { const el = target(event); if (el) show(rowsOf(el), el.dataset.atom); };
  const leave = event => { if (target(event)) show(pinned, lit[1]); };
  const press = el => select(same(rowsOf(el), pinned) ? [] : rowsOf(el), true, el.dataset.atom);

  root.addEventListener("pointerover", hover);
  root.addEventListener("pointerout", leave);
  root.addEventListener("focusin", hover);
  root.addEventListener("focusout", leave);
  root.addEventListener("click", event => {
    if (event.target.closest(".acml-tools")) return;
    const el = target(event);
    if (el) press(el); else if (pinned.length) select([], true);
  });
  root.addEventListener("keydown", event => {
    const el = target(event);
    if (el && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); event.stopPropagation(); press(el); }
    if (event.key === "Escape" && pinned.length) { event.stopPropagation(); select([], true); }
  });
  for (const svg of root.querySelectorAll(".acml-panels svg")) {
    const hits = [...svg.querySelectorAll(".hit[tabindex]")];
    arrows(svg, () => hits);
    const handle = svg.classList.contains("acml-spectrum") ? spectrumAxis(svg) : zoomPicture(svg);
    svg.parentElement.append(zoomable(svg, handle));
    svg.acmlZoom = handle;
  }
  return { select };
}

function attachAll() {
  for (const root of document.querySelectorAll(".acml-view")) if (!root.dataset.live) attach(root);
}

function renderView({ model, el }) {
  let view;
  const draw = () => {
    el.innerHTML = model.get("_markup");
    view = attach(el.querySelector(".acml-view"), rows => { model.set("selected", rows); model.save_changes(); });
    view.select(model.get("selected"));
  };
  const follow = () => view.select(model.get("selected"));
  draw();
  model.on("change:_markup", draw);
  model.on("change:selected", follow);
  return () => { model.off("change:_markup", draw); model.off("change:selected", follow); };
}
