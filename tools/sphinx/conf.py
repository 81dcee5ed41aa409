"""Settings of the documentation site; `tools/docs.py` copies them beside the pages."""
import latex2mathml.converter
from docutils import nodes

project, author, copyright = 'acml', 'acml developers', '2026 onwards, acml developers'
extensions = ['myst_nb']
root_doc = 'index'
html_theme, html_title = 'furo', 'acml'
html_static_path, html_css_files = ['_static'], ['acml.css']
html_copy_source, html_show_sourcelink = False, False
nb_execution_mode = 'off'          # the saved outputs are shown
nb_ipywidgets_js = {}              # saved pages hold static pictures: nothing is fetched
nb_mime_priority_overrides = [('html', 'application/vnd.jupyter.widget-view+json', None)]
myst_enable_extensions = ['dollarmath', 'amsmath']
myst_heading_anchors = 3
suppress_warnings = ['myst.header', 'mystnb.unknown_mime_type', 'misc.highlighting_failure', 'toc.not_included']
exclude_patterns = ['_static']


def mathml(self, node: nodes.Node) -> None:
    "A formula as MathML, which browsers draw themselves: no script, nothing to fetch."
    block = isinstance(node, nodes.math_block)
    self.body.append(latex2mathml.converter.convert(node.astext(), display='block' if block else 'inline'))
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer('mathml', inline_renderers=(mathml, None), block_renderers=(mathml, None))
    app.config.html_math_renderer = 'mathml'
    return dict(parallel_read_safe=True, parallel_write_safe=True)
