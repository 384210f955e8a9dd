"""A real browser: a Chromium on PATH, else the one of npm's @sparticuz/chromium, unpacked once into a cache.

It needs no root and no library of the system. `python -m tests.browser.chromium` fetches it beforehand.
"""

import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import brotli
import platformdirs

from fetch_scripts import ROOT, install

PACKAGE = "@sparticuz/chromium"
ON_PATH = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{own}</dir><dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir></fontconfig>
"""  # the package's own names folders of another machine: without any font the browser ends
PARTS = ("al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br")


@dataclass(frozen=True, slots=True)
class Browser:
    """The program, and what it wants in its environment."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)


def browser() -> Browser:
    """The browser, fetched where there is none. Raises NotFetched."""
    for name in ON_PATH:
        if (found := shutil.which(name)) is not None:
            return Browser(Path(found))
    folder = _cache()
    if not (folder / "chromium").is_file():
        _unpack(folder)
    (folder / "fonts.conf").write_text(FONTS.format(own=folder / "fonts", cache=folder / "fonts-cache"))
    libraries = {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_PATH": str(folder)}
    return Browser(folder / "chromium", {**os.environ, **libraries})


def _cache() -> Path:
    version = json.loads((ROOT / "package.json").read_text())["devDependencies"][PACKAGE]
    return Path(platformdirs.user_cache_dir("dq-service")) / f"chromium-{version}"


def _unpack(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        packed = install(Path(made)) / PACKAGE / "bin"
        out = Path(made) / "out"
        out.mkdir()
        for part in PARTS:
            with tarfile.open(fileobj=io.BytesIO(brotli.decompress((packed / part).read_bytes()))) as archive:
                archive.extractall(out, filter="data")
        (out / "chromium").write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
        (out / "chromium").chmod(0o755)
        try:
            out.rename(folder)
        except OSError:  # somebody else was quicker
            if not (folder / "chromium").is_file():
                raise


if __name__ == "__main__":
    print(browser().program, file=sys.stderr)
