# Written by tools/stubs.py for editors; do not edit.
__version__: str
__all__: list[str]
from .core import AcmlError as AcmlError
from .core import Rejected as Rejected
from .data import demo_table as demo_table
from .data import load_table as load_table
from .spectrum import NMRSpectrum as NMRSpectrum
from .spectrum import read_report as read_report
from .massspec import MassSpectrum as MassSpectrum
from .spectra import read_spectra as read_spectra
from .view import draw_mol as draw_mol
from .view import plot_spectrum as plot_spectrum
from .drawing import depict as depict
from .reading import read_drawings as read_drawings
from .model import ACML as ACML
from .recipes import get_recipe as get_recipe
from .recipes import train as train
from .hits import Hits as Hits
from .library import Library as Library
from .retrieval import RetrievalTask as RetrievalTask
from .isomers import IsomerTask as IsomerTask
from .explain import explain_match as explain_match
from .attribution import attribute as attribute
from .agreement import verify as verify
from .widgets import SpectrumMoleculeView as SpectrumMoleculeView
from .identify_widget import IdentifyWidget as IdentifyWidget
from .features import ACMLFeaturizer as ACMLFeaturizer
from .property import PropertyModel as PropertyModel
from .property_task import PropertyTask as PropertyTask
