"""Packaging for acml: everything is read from settings.ini."""
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

config = ConfigParser(delimiters=['='])
config.read(Path(__file__).with_name('settings.ini'), encoding='utf-8')
cfg = config['DEFAULT']

setup(
    name=cfg['lib_name'],
    version=cfg['version'],
    description=cfg['description'],
    long_description=Path(__file__).with_name('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author=cfg['author'],
    license='Apache-2.0',
    license_files=['LICENSE', 'NOTICE'],
    keywords=cfg['keywords'].split(),
    classifiers=[
        'Development Status :: 3 - Alpha',
        'Intended Audience :: Science/Research',
        'Topic :: Scientific/Engineering :: Chemistry',
        *(f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 14)),
    ],
    packages=find_packages(include=['acml', 'acml.*']),
    include_package_data=False, # else setuptools asks for an __init__.py in the data folders
    package_data={'acml': ['*.pyi', '*.mplstyle', 'demo/**', 'static/**', 'pretrained/**']},
    python_requires=f">={cfg['min_python']}",
    install_requires=cfg['requirements'].split(),
    # text, mass, pocket, timm, ann, property, and dev
    extras_require={k.removesuffix('_requirements'): v.split() for k, v in cfg.items() if k.endswith('_requirements')},
    entry_points={'console_scripts': cfg['console_scripts'].split()},
    zip_safe=False,
)
