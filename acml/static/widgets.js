// What the widgets share: elements, buttons, copying, arrow keys, an axis that can be zoomed. Text is set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function make(tag, attrs = {}, ...children) {
  const el = attrs.svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) {
    if (k === "svg" || v === null || v === undefined || v === false) continue;
    if (k.startsWith("on")) el.addEventListener(k.slice(2), v);
    else if (k === "text") el.textContent = v;
    else if (k === "value") el.value = v;
    else el.setAttribute(k, v === true ? "" : v);
  }
  el.append(...children.filter(c => c !== null && c !== undefined));
  return el;
}

function button(text, label, onclick) { return make("button", { type: "button", text, "aria-label": label, title: label, onclick }); }

async function copyText(text, said) {
  try { await navigator.clipboard.writeText(text); }
  catch {
    const area = make("textarea", { value: text, style: "position:fixed;opacity:0" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  if (said) said.textContent = "copied: " + text;
}

// Arrow keys among elements of which the tab key reaches one: the nearest one in the direction of the key.
function arrows(root, items) {
  const place = el => { const r = el.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; };
  root.addEventListener("keydown", event => {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    const all = step && !event.shiftKey && items().filter(e => e.style.display !== "none"), now = event.target;
    if (!all || !all.includes(now)) return;
    const [x, y] = place(now);
    let best = null, least = Infinity;
    for (const el of all) {
      if (el === now) continue;
      const [a, b] = place(el), along = (a - x) * step[0] + (b - y) * step[1];
      const aside = Math.abs((a - x) * step[1]) + Math.abs((b - y) * step[0]);
      if (along > .3 && along + 3 * aside < least) { least = along + 3 * aside; best = el; }
    }
    event.preventDefault();
    event.stopPropagation();
    if (!best) return;
    for (const el of items()) if (el.getAttribute("tabindex") === "0") el.setAttribute("tabindex", -1);
    best.setAttribute("tabindex", 0);
    best.focus();
  });
}

// Zoom buttons, Ctrl + wheel, dragging, keys + - 0 and Shift + arrows for a panel; `apply` draws what `state` says.
function zoomable(panel, handle) {
  const at = event => { const r = panel.getBoundingClientRect(); return [(event.clientX - r.x) / r.width, (event.clientY - r.y) / r.height]; };
  const tools = make("div", { class: "acml-tools", role: "group", "aria-label": "zoom" },
    button("+", "zoom in", () => handle.zoom(1 / 1.6, [.5, .5])), button("−", "zoom out", () => handle.zoom(1.6, [.5, .5])),
    button("◂", "move left", () => handle.pan(-.25, 0)), button("▸", "move right", () => handle.pan(.25, 0)),
    button("all", "show all", handle.reset));
  panel.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    handle.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, at(event));
  }, { passive: false });
  panel.addEventListener("dblclick", handle.reset);
  panel.addEventListener("keydown", event => {
    const keys = { "+": () => handle.zoom(1 / 1.6, [.5, .5]), "=": () => handle.zoom(1 / 1.6, [.5, .5]), "-": () => handle.zoom(1.6, [.5, .5]),
      0: handle.reset };
    if (event.shiftKey) Object.assign(keys, { ArrowLeft: () => handle.pan(-.25, 0), ArrowRight: () => handle.pan(.25, 0),
      ArrowUp: () => handle.pan(0, -.25), ArrowDown: () => handle.pan(0, .25) });
    const act = !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key];
    if (act) { event.preventDefault(); event.stopPropagation(); act(); }
  });
  let from = null, moved = false;
  panel.addEventListener("pointerdown", event => { if (event.button === 0) { from = at(event); moved = false; } });
  panel.addEventListener("pointermove", event => {
    if (!from) return;
    if (!event.buttons) { from = null; return; }
    const now = at(event);
    if (!moved && Math.abs(now[0] - from[0]) + Math.abs(now[1] - from[1]) < .015) return;
    if (!moved) { moved = true; panel.setPointerCapture(event.pointerId); }
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : []; // all places of a fast hand
    for (const e of all.length && !handle.follows ? all : [event]) handle.drag(from, at(e), event.shiftKey);
    if (handle.follows) from = now;
  });
  const up = event => { if (from && moved) handle.drop(from, at(event), event.shiftKey); from = null; };
  panel.addEventListener("pointerup", up);
  panel.addEventListener("pointercancel", () => { from = null; });
  panel.addEventListener("click", event => { if (moved) { event.stopPropagation(); event.preventDefault(); moved = false; } }, true);
  return tools;
}

// A picture whose viewBox is zoomed; labels grow with the square root only, so that more of them have room.
function zoomPicture(svg) {
  const [X, Y, W, H] = svg.getAttribute("viewBox").split(" ").map(Number);
  const groups = [...svg.querySelectorAll("g[font-size]")].map(g => [g, Number(g.getAttribute("font-size"))]);
  let box = [X, Y, W, H];
  const apply = () => {
    const z = Math.min(1, box[2] / W);
    box[0] = Math.min(Math.max(box[0], X), X + W - box[2]);
    box[1] = Math.min(Math.max(box[1], Y), Y + H - box[3]);
    svg.setAttribute("viewBox", box.map(v => v.toFixed(2)).join(" "));
    for (const [g, size] of groups) g.setAttribute("font-size", (Math.max(size, 7) * (z < 1 ? Math.sqrt(z) : size / Math.max(size, 7))).toFixed(2));
  };
  const pan = (dx, dy) => { box[0] += dx * box[2]; box[1] += dy * box[3]; apply(); };
  return { follows: true, pan, drop() {}, reset() { box = [X, Y, W, H]; apply(); },
    drag(from, now) { pan(from[0] - now[0], from[1] - now[1]); },
    zoom(f, [x, y]) {
      const k = Math.min(1, Math.max(.05, box[2] * f / W)) * W / box[2];
      box = [box[0] + x * box[2] * (1 - k), box[1] + y * box[3] * (1 - k), box[2] * k, box[3] * k];
      apply();
    } };
}

// A notebook may take plain keys before a widget sees them: in Notebook 7 arrows walk from cell to cell, 0 0 restarts the
// kernel. Within a widget they are its own; with Ctrl, Alt, or Shift+Enter they stay the notebook's. The mark is on what
// has the focus, since that is where the notebook begins to look.
function keepKeys(event) {
  const on = event.target;
  if (!on.closest || !on.closest(".acml")) return;
  const notebook = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
  on.toggleAttribute("data-lm-suppress-shortcuts", !notebook);
}

if (!window.acmlKeepsKeys) {
  window.acmlKeepsKeys = true;
  window.addEventListener("keydown", keepKeys, true);
}
