"""The documentation site, built offline from the notebooks with the outputs that are saved in them.

    python tools/docs.py            # make docs: writes _docs/; exit code 1: a broken link, a page that asks the network
    python tools/docs.py --check    # looks at the site in _docs/ once more

nbdev processes the pages (directives taken out, signatures of what is exported shown), Sphinx with myst-nb makes the
site, with a search that works without a server. No cell is executed. The side bar follows the numbers of the pages.
"""
import argparse, importlib, json, os, re, shutil, subprocess, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import readme

ROOT = Path(__file__).resolve().parents[1]
NBS, SOURCE, SITE = ROOT/'nbs', ROOT/'build'/'docs', ROOT/'_docs'
PARTS = [ # caption in the side bar, first number of the pages that follow
    ('Records and files', 0), ('Modalities and their encoders', 5), ('Model, loss and search', 19),
    ('Training', 28), ('Properties', 33), ('Libraries and evaluation', 39), ('Explaining', 45),
    ('Views, reports, command line', 50)]

# ---- pages

# A kernel for every page; a warning; a list on the first page taken for settings.
_LEFT_OUT = 'exec_show_docs', 'insert_warning', 'FrontmatterProc'

def _processors():
    "Those of nbdev that a saved page needs."
    from nbdev.processors import FilterDefaults
    class Shown(FilterDefaults):
        def base_procs(self):
            return [p for p in super().base_procs() if p.__name__ not in _LEFT_OUT]
    return Shown()

def _signature(call, module):
    "The Markdown of one `show_doc(...)` cell."
    from nbdev.showdoc import show_doc
    text = eval(call, {**vars(module), 'show_doc': show_doc})._repr_markdown_()
    text = re.sub(r'\[source\]\([^)]*\)(\{[^}]*\})?\s*', '', text) # nothing is published at that address
    return re.sub(r'^-{3}\s*', '', text)

def page(path):
    "A processed notebook, as nbformat has it."
    import nbformat
    from execnb.nbio import read_nb, nb2dict
    nb = read_nb(path)
    name = next((m[1] for c in nb.cells if (m := re.search(r'#\|\s*default_exp\s+(\S+)', c.source))), None)
    module = importlib.import_module(f'acml.{name}' if name else 'acml')
    _processors().nb_proc(nb).process()
    out, cells = nbformat.reads(json.dumps(nb2dict(nb)), 4), []
    for cell in out.cells:
        cell.metadata.pop('language', None)
        if cell.cell_type == 'code':
            code = '\n'.join(l for l in cell.source.splitlines() if not l.startswith('#|')).strip()
            if code.startswith('show_doc('):
                cells.append(nbformat.v4.new_markdown_cell(_signature(code, module)))
                continue
            cell.source = code
            if not code and not cell.outputs: continue
        cells.append(cell)
    out.cells = [c for c in cells if c.source.strip() or c.get('outputs')]
    return out

def _tree(caption, names):
    return '\n'.join(['```{toctree}', ':hidden:', ':maxdepth: 1', f':caption: {caption}', '', *names, '```', ''])

# Tutorials in the order of a story; what is not named comes last.
STORY = ('identify_from_13c all_spectra is_this_mine isomers what_it_knows from_a_drawing predict_properties '
         'does_spectroscopy_help train_on_your_own add_a_modality a_million_molecules ablation').split()

def _told(name):
    "Where a tutorial stands in the story."
    stem = name.rpartition('/')[2]
    return STORY.index(stem) if stem in STORY else len(STORY), stem

def _number(path): return int(m[0]) if (m := re.match(r'\d+', path.name)) else None

def write_pages():
    "Everything that Sphinx reads, in build/docs."
    import nbformat
    shutil.rmtree(SOURCE, ignore_errors=True)
    (SOURCE/'tutorials').mkdir(parents=True)
    shutil.copytree(ROOT/'tools'/'sphinx', SOURCE, dirs_exist_ok=True)
    (SOURCE/'_static').mkdir()
    shutil.move(SOURCE/'acml.css', SOURCE/'_static')
    pages = sorted(p for p in NBS.rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)
    made = {p.relative_to(NBS).with_suffix('').as_posix(): page(p) for p in pages}
    cards = sorted((ROOT/'acml'/'pretrained').glob('*/README.md'))
    (SOURCE/'models').mkdir()
    for card in cards: shutil.copy(card, SOURCE/'models'/f'{card.parent.name}.md')
    trees = [_tree('Start', [n for n in ('tutorials/howto', 'results')]),
             _tree('Tutorials', sorted((n for n in made if '/' in n and 'howto' not in n), key=_told)),
             _tree('Models', [f'models/{c.parent.name}' for c in cards])]
    for (caption, first), end in zip(PARTS, [n for _, n in PARTS[1:]] + [1000]):
        trees.append(_tree(caption, [p.stem for p in pages if (n := _number(p)) is not None and first <= n < end]))
    made['index'].cells.append(nbformat.v4.new_markdown_cell('\n'.join(trees)))
    tables, numbered = readme.load_results(), {n for n in made if re.match(r'\d+', n)}
    for name, nb in made.items():
        for c in nb.cells:
            if c.cell_type != 'markdown': continue
            c.source = _links(readme.fill(c.source, tables), numbered, '../'*name.count('/'))
        nbformat.write(nb, SOURCE/f'{name}.ipynb')
    shutil.copytree(ROOT/'assets', SOURCE/'assets')

def _links(text, names, up):
    "Links out of the notebooks become the name of the file in the source; names of pages in code marks become links."
    text = re.sub(r'`([\w/]+)`', lambda m: f'[{m[0]}]({up}{m[1]}.ipynb)' if m[1] in names else m[0], text)
    text = re.sub(r'\]\((?:\.\./)+acml/pretrained/(\w+)/README\.md\)', rf']({up}models/\1.md)', text)
    text = re.sub(r'\[([^\[\]]+)\]\((?:\.\./)+([A-Z][\w./-]*)\)', r'\1 (`\2` in the source)', text)
    return re.sub(r'\[([^\[\]]+)\]\(README\.md\)', r'\1 (`nbs/README.md` in the source)', text)

# ---- the site

class _Page(HTMLParser):
    "Targets of links, ids, and what a browser would fetch."
    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.fetched = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if a.get('id'): self.ids.add(a['id'])
        if tag == 'a' and a.get('href'): self.links.append(a['href'])
        if tag in ('script', 'img', 'iframe', 'source', 'embed') and a.get('src'): self.fetched.append(a['src'])
        if tag == 'link' and a.get('href') and a.get('rel') not in ('canonical',): self.fetched.append(a['href'])

def check_site(folder):
    "What is wrong with a site: links that lead nowhere, and addresses that a page would fetch from outside."
    folder = Path(folder).resolve()
    pages = {p.resolve(): _Page(p.read_text(encoding='utf-8')) for p in sorted(folder.rglob('*.html'))}
    for path, found in pages.items():
        name = path.relative_to(folder)
        for url in found.fetched:
            if urlsplit(url).scheme in ('http', 'https') or url.startswith('//'): yield f'{name}: fetches {url}'
        for url in [*found.links, *found.fetched]:
            parts = urlsplit(url)
            if parts.scheme or url.startswith('//'): continue
            target = (path.parent/unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir(): target = target/'index.html'
            if not target.exists(): yield f'{name}: {url} leads nowhere'
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f'{name}: {url}: no such place on that page'
    for path in [*folder.rglob('*.css'), *folder.rglob('*.js')]:
        if re.search(r'(?:@import|url\()\s*["\']?(?:https?:)?//', path.read_text(encoding='utf-8', errors='replace')):
            yield f'{path.relative_to(folder)}: fetches a style or a font from outside'

def build():
    "Pages, then the site; the warnings of Sphinx are errors."
    write_pages()
    shutil.rmtree(SITE, ignore_errors=True)
    env = dict(os.environ, PYTHONWARNINGS='ignore')
    command = [sys.executable, '-m', 'sphinx', '-b', 'html', '-q', '-W', '--keep-going', '-d', SOURCE/'.doctrees']
    done = subprocess.run([*map(str, command), str(SOURCE), str(SITE)], env=env)
    (SITE/'.nojekyll').touch()
    shutil.rmtree(ROOT/'jupyter_execute', ignore_errors=True) # left by myst-nb
    return done.returncode

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true', help='look at the site that is there')
    wrong = 0 if parser.parse_args().check else build()
    faults = list(check_site(SITE))
    print(*faults, sep='\n')
    n = sum(1 for _ in SITE.rglob('*.html'))
    print(f'{SITE.relative_to(ROOT)}: {n} pages, {len(faults)} faults')
    sys.exit(bool(wrong or faults or not n))


if __name__ == '__main__': main()
