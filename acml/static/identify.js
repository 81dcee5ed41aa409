// Paste a report or choose a file, see ranked structures, the overlay of one, and what disagrees. Without a kernel: what was found.

const FIELDS = [["solvent", "solvent", "select"], ["formula", "formula", "C10H16O"], ["mass", "mass / Da", "152.1201"]];

function identifyForm(said, solvents, ask) {
  const area = make("textarea", { rows: 4, "aria-label": "NMR report or list of shifts", placeholder: "13C NMR (101 MHz, CDCl3) δ 170.1, 60.5 ... or a plain list of shifts", value: said.text || "" });
  const file = make("input", { type: "file", "aria-label": "file of spectra" }), inputs = {};
  const fields = FIELDS.map(([name, label, hint]) => {
    inputs[name] = hint === "select"
      ? make("select", {}, ...solvents.map(([v, text]) => make("option", { value: v, text })))
      : make("input", { type: "text", placeholder: hint, size: 12, spellcheck: "false" });
    inputs[name].value = said[name] || "";
    return make("label", { text: label + " " }, inputs[name]);
  });
  const send = async () => {
    const chosen = file.files[0], out = { text: area.value };
    for (const name in inputs) out[name] = inputs[name].value;
    if (chosen) {
      const bytes = new Uint8Array(await chosen.arrayBuffer());
      let text = "";
      for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
      Object.assign(out, { file: chosen.name, data: btoa(text) });
    }
    ask(out);
  };
  const go = make("button", { type: "button", class: "go", text: "identify", onclick: send });
  area.addEventListener("keydown", e => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) send(); });
  for (const type of ["keydown", "keyup", "keypress", "paste"]) area.addEventListener(type, e => e.stopPropagation());
  const drop = e => { e.preventDefault(); if (e.type === "drop") file.files = e.dataTransfer.files; };
  for (const type of ["dragover", "drop"]) area.addEventListener(type, drop);
  const form = make("div", { class: "acml-form" }, area,
    make("div", { class: "acml-fields" }, make("label", { text: "or a file " }, file, button("×", "no file", () => { file.value = ""; })), ...fields, go));
  return { form, go };
}

function download(name, text) {
  const a = make("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}

function identifyRows(state, chosen, choose, said) {
  const row = (h, i) => {
    const tr = make("tr", { tabindex: i === chosen ? 0 : -1, "aria-selected": String(i === chosen), "data-hit": i, onclick: () => choose(i) },
      make("td", { class: "n", text: h.rank }), make("td", {}, make("img", { class: "acml-mol", alt: h.smiles, src: h.picture, width: 120, height: 84 })),
      make("td", { text: h.name }), make("td", { text: h.formula }), make("td", { class: "n", text: h.mass }), make("td", { class: "n", text: h.score }),
      make("td", { class: "n", text: h.probability }),
      make("td", { class: "ids" }, make("code", { text: h.inchikey }), make("code", { text: h.smiles }),
        button("copy InChIKey", "copy InChIKey", e => { e.stopPropagation(); copyText(h.inchikey, said); }), button("copy SMILES", "copy SMILES", e => { e.stopPropagation(); copyText(h.smiles, said); })));
    tr.addEventListener("keydown", e => { if (e.target === tr && (e.key === "Enter" || e.key === " ")) { e.preventDefault(); choose(i); } });
    return tr;
  };
  const heads = ["rank", "structure", "name", "formula", "mass / Da", "score", "probability, if among these", "InChIKey, SMILES"];
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads.map(text => make("th", { text })))), make("tbody", {}, ...state.rows.map(row)));
  arrows(table, () => [...table.querySelectorAll("tbody tr")]);
  return table;
}

// `look` says what there is; `ask` and `choose` go to Python, or choose among what the page holds.
function identifyView(root, handlers) {
  const error = make("div", { class: "acml-error", role: "alert" }), told = make("div", { class: "acml-told", "aria-live": "polite" });
  const results = make("div", { class: "acml-results" }), detail = make("div", { class: "acml-detail" }), said = make("span", { class: "acml-said", "aria-live": "polite" });
  let form = null;
  if (handlers.ask) {
    form = identifyForm(handlers.said, handlers.solvents, q => { error.textContent = ""; told.textContent = "working ..."; form.go.disabled = true; handlers.ask(q); });
    root.append(form.form);
  }
  root.append(error, told, results, detail);
  const show = state => {
    error.textContent = state.error || "";
    told.textContent = state.title || "";
    if (form) form.go.disabled = false;
    results.replaceChildren();
    detail.replaceChildren();
    if (!state.rows || !state.rows.length) return;
    results.append(identifyRows(state, 0, choose, said), make("div", { class: "acml-fields" }, button("export CSV", "export CSV", () => download("hits.csv", state.csv)), said));
  };
  const choose = i => {
    for (const tr of results.querySelectorAll("tbody tr")) tr.setAttribute("aria-selected", String(Number(tr.dataset.hit) === i));
    handlers.choose(i);
  };
  const open = one => {
    detail.replaceChildren();
    if (!one || !one.markup) { if (one && one.note) detail.append(make("p", { text: one.note })); return; }
    const list = one.disagrees.length ? make("ul", {}, ...one.disagrees.map(text => make("li", { text }))) : make("p", { text: "nothing" });
    const view = make("div");
    view.innerHTML = one.markup; // made by acml, names in it escaped
    detail.append(view, make("div", { class: "acml-disagrees" }, make("b", { text: "What disagrees" }), list));
    for (const el of view.querySelectorAll(".acml-view")) attach(el);
  };
  return { show, open };
}

function attachIdentify() {
  for (const root of document.querySelectorAll(".acml-identify")) {
    if (root.dataset.live) continue;
    root.dataset.live = "yes";
    const held = JSON.parse(root.dataset.state), view = identifyView(root, { choose: i => view.open(held.details[i]) });
    view.show(held);
    if (held.details.length) view.open(held.details[0]);
  }
}

function renderIdentify({ model, el }) {
  const root = make("div", { class: "acml acml-identify", role: "group", "aria-label": "identify" });
  el.replaceChildren(root);
  const view = identifyView(root, { said: model.get("_asked"), solvents: model.get("_solvents"),
    ask: q => model.send({ ask: q }), choose: i => model.send({ choose: i }) });
  const open = () => view.open(model.get("_detail")), answer = () => { view.show(model.get("_state")); open(); };
  answer();
  model.on("change:_turn", answer); // counts answers: one that is like the last is no change of _state
  model.on("change:_detail", open);
  return () => { model.off("change:_turn", answer); model.off("change:_detail", open); };
}
