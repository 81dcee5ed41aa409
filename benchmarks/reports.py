"""Measure how well printed NMR reports are read, against paragraphs that were labelled by hand.

    python benchmarks/reports.py             # both nuclei; writes benchmarks/results/reports-13C.json and -1H.json
    python benchmarks/reports.py --show      # and print every report that was not read as labelled

Needs literature_nmr.parquet (in $ACML_DATA, else ../shared/data); its rows with `use` = parser: paragraphs of papers,
labelled for NMRExtractor (CC BY). A report is right if `parse_peaks` returns exactly the shifts of its label, ranges as
their middle, repeated shifts once. It is wrong silently if it returns others without a warning. Lists and sentences of
running text ("showed a ketone at 200.2 ppm") are counted apart. Nothing here is used by the reader.
"""
import argparse, datetime, hashlib, re, sys, warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from acml.core import RecordError, file_sha256, shared_data, write_json
from acml.spectrum import parse_peaks

RESULTS = Path(__file__).resolve().parent/'results'
SAYS = re.compile(r'\b(?:spectr\w+|data|show\w*|reveal\w*|exhibit\w*|indicat\w*|signals?|resonances?|peaks?|display\w*|'
                  r'confirm\w*|appear\w*|observ\w*|assigned|were|was|carbons?|protons?|range)\b', re.I)
HEADED = re.compile(r'\W{0,3}(?:1 ?H|13 ?C|δ|\d+\.\d+ \()') # A list begins with a header, or at once
# Labels that are not what the text says, looked at one by one: the beginning of the SHA-256 of the text
AT_FAULT = {'fad82968': 'the number of a compound is labelled', '41df9bed': 'couplings are labelled as shifts',
            '148191d5': '75,8 is labelled as two shifts', 'b5f7026e': 'the text lacks a bracket, the label two shifts',
            '8258f9c4': 'the text lacks a bracket, the label has integrals'}

def depth_zero(text):
    "What stands outside brackets; of a bracket that never closes what stands before the next shift is inside."
    text = re.sub(r'\((?=[^()]*$)[^()]*?(?=, ?\d+\.\d)', '', text)
    out, depth = [], 0
    for c in text:
        depth += c in '(['
        if not depth: out.append(c)
        depth = max(0, depth - (c in ')]'))
    return ''.join(out)

def labelled(label):
    "The shifts of a label, ppm, each once."
    text = re.sub(r'(^|[,;] )\((\d+\.\d+),', r'\1\2 (', re.sub(r'\([-−]\)(?=\d)', '-', label)) # (9.60, s, 1H)
    text = re.sub(r'[−‒–─∼~]|(?<=\d) to (?=\d)', '-', re.sub(r'[×x] ?\d\b|\d{1,2} ?[HC]\b', '', depth_zero(text)))
    text = re.sub(r'(?<=\d\.) (?=\d)', '', text)
    pairs = re.findall(r'(?<![\w.\-])(-?\d+(?:\.\d+)?)(?: ?- ?(-?\d*\.?\d+))?', text)
    return sorted({round((float(a) + float(b or a))/2, 3) for a, b in pairs})

def read(text, nucleus):
    "What `parse_peaks` returns, each shift once, and what it warns of; the error, where it refuses."
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter('always')
        try: return np.unique(parse_peaks(text, nucleus, 'report')), [str(w.message) for w in told], None
        except RecordError as e: return None, [], e.reason

def judge(table, nucleus):
    "One row for each labelled report: is it a list, is it right, refused, or wrong with or without a warning."
    text, label = ('c_text', 'c_shifts') if nucleus == '13C' else ('h_text', 'h_shifts')
    rows = []
    for t, l in zip(table[text], table[label]):
        if not isinstance(t, str) or not isinstance(l, str) or not (want := labelled(l)): continue
        key = hashlib.sha256(t.encode()).hexdigest()[:8]
        got, told, error = read(t, nucleus)
        same = got is not None and len(got) == len(want) and np.abs(got - want).max() < .011
        verdict = 'right' if same else 'refused' if error else 'warned' if told else 'silent'
        rows.append(dict(key=key, text=t, want=want, got=got, told=told, error=error, verdict=verdict,
                         is_list=bool(HEADED.match(t)) and not SAYS.search(depth_zero(t)), at_fault=AT_FAULT.get(key)))
    return pd.DataFrame(rows)

def measure(table, nucleus):
    "Shares, and the report as a row of the results page."
    judged = judge(table, nucleus)
    kept = judged[judged.at_fault.isna()]
    lists, prose = kept[kept.is_list], kept[~kept.is_list]
    share = lambda o, what: float((o.verdict == what).mean())
    columns = {'lists: every shift right': share(lists, 'right'), 'refused': share(lists, 'refused'),
               'read with a warning, not as labelled': share(lists, 'warned'), 'wrong silently': share(lists, 'silent'),
               'running text: every shift right': share(prose, 'right'), 'wrong silently there': share(prose, 'silent')}
    plain = {'lists': len(lists), 'running texts': len(prose), 'labels at fault, left out': len(judged) - len(kept)}
    return judged, dict(table='reports', label=f'{nucleus} reports', order=int(nucleus == '1H'), columns=columns,
        plain=plain)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--show', action='store_true', help='print what was not read as labelled')
    args = parser.parse_args()
    name = 'literature_nmr.parquet'
    path = shared_data(name) or sys.exit(f'{name} is neither in $ACML_DATA nor in ../shared/data')
    table = pd.read_parquet(path)
    table = table[table.use == 'parser']
    for nucleus in ('13C', '1H'):
        judged, row = measure(table, nucleus)
        print(nucleus, row['columns'], row['plain'])
        for r in judged[judged.verdict != 'right'].itertuples() if args.show else []:
            lost, more = np.setdiff1d(r.want, np.round(r.got, 3)) if r.got is not None else r.want[:3], None
            print(f'  {r.verdict} {"list" if r.is_list else "prose"} {r.key} {r.at_fault or ""} lost {lost[:5]} '
                  f'{r.error or r.told[:2]}\n      {r.text[:200]}')
        write_json(RESULTS/f'reports-{nucleus}.json', dict(
            row, command='python benchmarks/reports.py', date=datetime.date.today().isoformat(),
                data_sha256=file_sha256(path),
            versions={p: version(p) for p in ('acml',)}))

if __name__ == '__main__': main()
