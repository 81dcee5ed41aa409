// A map of molecules: structures on hover, a lasso to a table. Points come from Python, drawn on a canvas.

function spaceView(root, data, handlers) {
  const W = 640, H = 480, dpr = window.devicePixelRatio || 1;
  const canvas = make("canvas", { width: W * dpr, height: H * dpr, tabindex: 0, role: "application",
    "aria-label": "map of " + data.x.length + " molecules; arrow keys walk, Enter selects, Escape clears" });
  canvas.style.width = "100%";
  const card = make("div", { class: "acml-card", "aria-live": "polite" }), table = make("div", { class: "acml-table" });
  const count = make("span", { text: "draw a line around points to select them" });
  const legend = make("div", { class: "acml-fields" }, ...(data.legend.length ? [make("span", { text: data.label + ":" })] : []), ...data.legend.map(([color, text]) => make("span", {}, make("i", { style: "background:" + color }), " " + text)));
  const panel = make("div", { class: "acml-panel" }, canvas);
  root.append(make("div", { class: "acml-title", text: data.title }), make("div", { class: "acml-summary", text: data.axes }), legend,
    make("div", { class: "acml-panels" }, panel, card), make("div", { class: "acml-fields" }, count, button("clear", "clear selection", () => select([], true))), table);
  const n = data.x.length, ctx = canvas.getContext("2d"), chosen = new Uint8Array(n);
  let box = [0, 0, 1, 1], now = -1, path = null;
  const px = i => [(data.x[i] - box[0]) / box[2] * W, (data.y[i] - box[1]) / box[3] * H];
  const ink = () => "#1f2933"; // in a dark theme the style turns all colours over

  function draw() {
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.clearRect(0, 0, W, H);
    const r = n > 5000 ? 2 : n > 800 ? 3 : 4.5;
    const dots = (only, alpha) => {
      ctx.globalAlpha = alpha;
      for (let i = 0; i < n; i++) if (only(i)) {
        const [a, b] = px(i);
        if (a < -9 || b < -9 || a > W + 9 || b > H + 9) continue;
        ctx.fillStyle = data.color[i];
        ctx.beginPath();
        ctx.arc(a, b, r, 0, 7);
        ctx.fill();
      }
    };
    const some = chosen.includes(1);
    dots(i => !chosen[i], some ? .25 : .75);
    dots(i => chosen[i], 1);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = ink();
    if (some) for (let i = 0; i < n; i++) if (chosen[i]) { const [a, b] = px(i); ctx.lineWidth = 1; ctx.beginPath(); ctx.arc(a, b, r + 1, 0, 7); ctx.stroke(); }
    if (now >= 0) { const [a, b] = px(now); ctx.lineWidth = 2; ctx.beginPath(); ctx.arc(a, b, r + 4, 0, 7); ctx.stroke(); }
    if (path && path.length > 1) {
      ctx.lineWidth = 1.5;
      ctx.setLineDash([5, 4]);
      ctx.beginPath();
      path.forEach(([a, b], i) => i ? ctx.lineTo(a * W, b * H) : ctx.moveTo(a * W, b * H));
      ctx.closePath();
      ctx.stroke();
      ctx.setLineDash([]);
    }
  }

  function showCard() {
    card.replaceChildren();
    if (now < 0) return;
    const picture = data.pictures[now];
    if (picture) card.append(make("img", { class: "acml-mol", src: picture, alt: data.smiles[now], width: 200, height: 140 }));
    card.append(make("div", { class: "name", text: data.name[now] }), make("code", { text: data.smiles[now] }));
    if (data.value) card.append(make("div", { text: data.label + ": " + data.value[now] }));
    if (!picture && handlers.wish) handlers.wish(now);
  }
  function point(i) { if (i === now) return; now = i; showCard(); draw(); }

  function showTable() {
    const rows = [...chosen.keys()].filter(i => chosen[i]);
    count.textContent = rows.length ? rows.length + " selected" : "draw a line around points to select them";
    table.replaceChildren();
    if (!rows.length) return;
    const heads = ["name", "SMILES", ...(data.value ? [data.label] : [])];
    const body = rows.slice(0, 100).map(i => make("tr", {}, make("td", { text: data.name[i] }), make("td", { text: data.smiles[i] }), data.value ? make("td", { text: data.value[i] }) : null));
    table.append(make("table", {}, make("thead", {}, make("tr", {}, ...heads.map(text => make("th", { text })))), make("tbody", {}, ...body)));
    if (rows.length > 100) table.append(make("p", { text: "and " + (rows.length - 100) + " more" }));
  }
  function select(rows, tell) {
    chosen.fill(0);
    for (const i of rows) if (i >= 0 && i < n) chosen[i] = 1;
    showTable();
    draw();
    if (tell && handlers.select) handlers.select([...chosen.keys()].filter(i => chosen[i]));
  }
  const inside = (a, b) => {
    let odd = false;
    for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
      const [x1, y1] = path[i], [x2, y2] = path[j];
      if ((y1 > b) !== (y2 > b) && a < (x2 - x1) * (b - y1) / (y2 - y1) + x1) odd = !odd;
    }
    return odd;
  };
  const limit = () => {
    box[2] = box[3] = Math.min(1, Math.max(.01, box[2]));
    box[0] = Math.min(Math.max(box[0], 0), 1 - box[2]);
    box[1] = Math.min(Math.max(box[1], 0), 1 - box[3]);
    draw();
  };
  const handle = { follows: false, reset() { box = [0, 0, 1, 1]; draw(); }, pan(dx, dy) { box[0] += dx * box[2]; box[1] += dy * box[3]; limit(); },
    zoom(f, [x, y]) { const k = Math.min(1, Math.max(.01, box[2] * f)) / box[2]; box = [box[0] + x * box[2] * (1 - k), box[1] + y * box[3] * (1 - k), box[2] * k, box[3] * k]; limit(); },
    drag(from, to, shift) {
      if (shift) return;
      path = path || [from];
      path.push(to);
      draw();
    },
    drop(from, to, shift) {
      if (shift) { path = null; handle.pan(from[0] - to[0], from[1] - to[1]); return; }
      const found = [];
      if (path) path.push(to);
      for (let i = 0; path && i < n; i++) { const [a, b] = px(i); if (inside(a / W, b / H)) found.push(i); }
      path = null;
      select(found, true);
    } };
  panel.append(zoomable(canvas, handle));
  const near = (a, b, far) => {
    let best = -1, least = far * far;
    for (let i = 0; i < n; i++) { const [u, v] = px(i), d = (u - a) ** 2 + (v - b) ** 2; if (d < least) { least = d; best = i; } }
    return best;
  };
  canvas.addEventListener("pointermove", e => {
    if (path) return;
    const r = canvas.getBoundingClientRect(), i = near((e.clientX - r.x) / r.width * W, (e.clientY - r.y) / r.height * H, 12);
    if (i >= 0) point(i);
  });
  const toggle = i => { const rows = [...chosen.keys()].filter(j => chosen[j] !== (j === i ? 1 : 0)); select(rows, true); };
  canvas.addEventListener("click", e => {
    const r = canvas.getBoundingClientRect(), i = near((e.clientX - r.x) / r.width * W, (e.clientY - r.y) / r.height * H, 12);
    if (i >= 0) toggle(i);
  });
  canvas.addEventListener("keydown", e => {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[e.key];
    if (step && !e.shiftKey) {
      e.preventDefault();
      e.stopPropagation();
      if (now < 0) { point(near(W / 2, H / 2, 1e6)); return; }
      const [x, y] = px(now);
      let best = -1, least = Infinity;
      for (let i = 0; i < n; i++) {
        const [a, b] = px(i), along = (a - x) * step[0] + (b - y) * step[1], aside = Math.abs((a - x) * step[1]) + Math.abs((b - y) * step[0]);
        if (i !== now && along > .2 && along + 2 * aside < least) { least = along + 2 * aside; best = i; }
      }
      if (best >= 0) point(best);
    } else if ((e.key === "Enter" || e.key === " ") && now >= 0) { e.preventDefault(); e.stopPropagation(); toggle(now); }
    else if (e.key === "Escape") select([], true);
  });
  draw();
  return { select, picture(i, uri) { data.pictures[i] = uri; if (i === now) showCard(); } };
}

function attachSpace() {
  for (const root of document.querySelectorAll(".acml-space")) {
    if (root.dataset.live) continue;
    root.dataset.live = "yes";
    spaceView(root, JSON.parse(root.dataset.state), {});
  }
}

function renderSpace({ model, el }) {
  const root = make("div", { class: "acml acml-view acml-space", role: "group" });
  el.replaceChildren(root);
  const view = spaceView(root, { ...model.get("_data"), pictures: {} }, {
    wish: i => model.send({ draw: i }), select: rows => { model.set("selected", rows); model.save_changes(); } });
  const got = message => { if (message.picture) view.picture(message.index, message.picture); };
  const follow = () => view.select(model.get("selected"), false);
  model.on("msg:custom", got);
  model.on("change:selected", follow);
  follow();
  return () => { model.off("msg:custom", got); model.off("change:selected", follow); };
}
