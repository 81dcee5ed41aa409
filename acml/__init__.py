"""From a spectrum, a picture or a sentence to the molecule.

What most programs need can be imported from here. A name is loaded when it is first asked for: `import acml` is light.
"""
__version__ = "0.1.0"

_MODULES = {
    'core': ['AcmlError', 'Rejected'],
    'data': ['demo_table', 'load_table'],
    'spectrum': ['NMRSpectrum', 'read_report'],
    'massspec': ['MassSpectrum'],
    'spectra': ['read_spectra'],
    'view': ['draw_mol', 'plot_spectrum'],
    'drawing': ['depict'],
    'reading': ['read_drawings'],
    'model': ['ACML'],
    'recipes': ['get_recipe', 'train'],
    'hits': ['Hits'],
    'library': ['Library'],
    'retrieval': ['RetrievalTask'],
    'isomers': ['IsomerTask'],
    'explain': ['explain_match'],
    'attribution': ['attribute'],
    'agreement': ['verify'],
    'widgets': ['SpectrumMoleculeView'],
    'identify_widget': ['IdentifyWidget'],
    'features': ['ACMLFeaturizer'],
    'property': ['PropertyModel'],
    'property_task': ['PropertyTask'],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}
__all__ = sorted(_MODULE_OF)

def __getattr__(name):
    "Load a name of `__all__` from its module (PEP 562)."
    if name in _MODULE_OF:
        from importlib import import_module
        value = globals()[name] = getattr(import_module(f'acml.{_MODULE_OF[name]}'), name)
        return value
    from difflib import get_close_matches
    near = get_close_matches(name, __all__, n=1)
    hint = f'. Did you mean: {near[0]!r}?' if near else ''
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}{hint}')

def __dir__(): return sorted({*globals(), *__all__})
