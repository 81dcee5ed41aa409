// The drawing is made in Python; this script lets lines and atoms light each other up. It serves the widget and the saved HTML file.
// Elements name the rows of the assignment that they belong to in data-m ("3 4"); the root holds one sentence per row in data-says.

function attach(root, onSelect = () => {}) {
  root.dataset.live = "yes";
  const parts = [...root.querySelectorAll("[data-m]")].map(el => [el, rowsOf(el)]);
  const says = JSON.parse(root.dataset.says), readout = root.querySelector(".acml-readout"), rest = readout.textContent;
  let pinned = [];

  function rowsOf(el) { return (el.dataset.m || "").split(" ").filter(Boolean).map(Number); }

  function show(rows) {
    const active = new Set(rows);
    root.classList.toggle("acml-active", active.size > 0);
    for (const [el, own] of parts) {
      el.classList.toggle("on", own.some(r => active.has(r)));
      if (el.hasAttribute("aria-pressed")) el.setAttribute("aria-pressed", String(own.length > 0 && own.every(r => pinned.includes(r))));
    }
    readout.textContent = active.size ? [...active].sort((a, b) => a - b).map(r => says[r]).join("   ·   ") : rest;
  }

  function select(rows, tell = false) {
    pinned = rows.filter(r => r >= 0 && r < says.length);
    show(pinned);
    if (tell) onSelect(pinned);
  }

  const target = event => event.target.closest && event.target.closest("[data-m].hit");
  const same = (a, b) => a.length === b.length && a.every(r => b.includes(r));
  const hover = event => { const el = target(event); if (el) show(rowsOf(el)); };
  const leave = event => { if (target(event)) show(pinned); };
  const press = el => select(same(rowsOf(el), pinned) ? [] : rowsOf(el), true);

  root.addEventListener("pointerover", hover);
  root.addEventListener("pointerout", leave);
  root.addEventListener("focusin", hover);
  root.addEventListener("focusout", leave);
  root.addEventListener("click", event => { const el = target(event); if (el) press(el); else if (pinned.length) select([], true); });
  root.addEventListener("keydown", event => {
    const el = target(event);
    if (el && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); event.stopPropagation(); press(el); }
    if (event.key === "Escape" && pinned.length) { event.stopPropagation(); select([], true); }
  });
  return { select };
}

function attachAll() {
  for (const root of document.querySelectorAll(".acml-view")) if (!root.dataset.live) attach(root);
}

function render({ model, el }) {
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

export default { render };
