// A molecule in space, turned with the mouse or with arrow keys; atoms coloured by their weights. 3Dmol.js stands above, in the package.

function conformerView(root, data) {
  const box = make("div", { class: "acml-3d", tabindex: 0, role: "application", "aria-label": "molecule in space; arrow keys turn it, + and - zoom, 0 resets" });
  const readout = make("div", { class: "acml-readout", "aria-live": "polite", text: data.hint });
  const legend = make("div", { class: "acml-fields" }, ...data.legend.map(([color, text]) => make("span", {}, make("i", { style: "background:" + color }), " " + text)));
  root.append(make("div", { class: "acml-title", text: data.title }), box, legend, readout);
  let viewer; // it has no ground of its own: that of the box follows the theme, also when a notebook changes it
  try { viewer = mol3d.createViewer(box, { backgroundAlpha: 0, antialias: true }); } catch { viewer = null; }
  if (!viewer || !viewer.getCanvas || !box.querySelector("canvas")) {
    box.replaceChildren(make("img", { src: data.still, alt: data.title }));
    readout.textContent = "this browser draws nothing in space (no WebGL): a still instead";
    root.dataset.still = "yes";
    return { turn() {} };
  }
  viewer.addModel(data.block, "sdf");
  data.colors.forEach((color, i) => viewer.setStyle({ index: i }, { stick: { radius: .12, color }, sphere: { scale: data.sizes[i], color } }));
  const label = (i, text) => { readout.textContent = text === undefined ? data.hint : text; };
  viewer.setHoverable({}, true, atom => label(atom.index, data.says[atom.index]), () => label());
  viewer.zoomTo();
  viewer.render();
  const home = viewer.getView(), turn = { ArrowLeft: [-12, "y"], ArrowRight: [12, "y"], ArrowUp: [-12, "x"], ArrowDown: [12, "x"] };
  box.addEventListener("wheel", e => { if (!e.ctrlKey && !e.metaKey) e.stopImmediatePropagation(); }, true); // the page scrolls
  box.addEventListener("keydown", e => {
    if (turn[e.key]) viewer.rotate(...turn[e.key]);
    else if (e.key === "+" || e.key === "=") viewer.zoom(1.2);
    else if (e.key === "-") viewer.zoom(1 / 1.2);
    else if (e.key === "0") viewer.setView(home);
    else return;
    viewer.render();
    e.preventDefault();
    e.stopPropagation();
  });
  root.acmlViewer = viewer;
  new ResizeObserver(() => { viewer.resize(); viewer.render(); }).observe(box);
  return viewer;
}

function attachConformers() {
  for (const root of document.querySelectorAll(".acml-conformer")) {
    if (root.dataset.live) continue;
    root.dataset.live = "yes";
    conformerView(root, JSON.parse(root.dataset.state));
  }
}

function renderConformer({ model, el }) {
  const root = make("div", { class: "acml acml-view acml-conformer", role: "group" });
  el.replaceChildren(root);
  requestAnimationFrame(() => conformerView(root, model.get("_data"))); // once it has a size
}
