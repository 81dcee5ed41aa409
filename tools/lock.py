"""Write requirements.lock: what `pip install .` needs, each version of constraints.txt with its SHA-256.

    python tools/lock.py      # needs uv (pip install uv) and the package index

    pip install --require-hashes -r requirements.lock && pip install --no-deps .

The second line installs acml into exactly these packages. One file serves Python 3.10 to 3.13 on every system.
"""
import configparser, shutil, subprocess, sys, tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = '''# What `pip install .` needs, each version of constraints.txt with its SHA-256.
# Made by tools/lock.py, never by hand. To use it:
#     pip install --require-hashes -r requirements.lock && pip install --no-deps .
'''

def main():
    uv = shutil.which('uv') or str(Path(sys.executable).with_name('uv'))
    settings = configparser.ConfigParser(delimiters=['='])
    settings.read(ROOT/'settings.ini', encoding='utf-8')
    with tempfile.TemporaryDirectory() as d:
        wanted, out = Path(d)/'requirements.in', Path(d)/'out.txt'
        wanted.write_text('\n'.join(settings['DEFAULT']['requirements'].split()) + '\n')
        subprocess.run([uv, 'pip', 'compile', '--universal', '--generate-hashes', '--no-annotate', '--no-header',
                        '--quiet', '--python-version', settings['DEFAULT']['min_python'], str(wanted),
                        '-c', str(ROOT/'constraints.txt'), '-o', str(out)], check=True)
        (ROOT/'requirements.lock').write_text(HEAD + out.read_text(encoding='utf-8'), encoding='utf-8')

if __name__ == '__main__': main()
