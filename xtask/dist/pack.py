"""Packs the programs of a folder: an archive, a Python wheel, a Debian package, what they are made of, and the sums of all files.

The same programs give the same bytes. SOURCE_DATE_EPOCH is the time of every file, and CARGO is cargo. What this system has no tools for
is left out, with a line that says so.
"""

import argparse
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
WINDOWS = os.name == "nt"
# The programs, and the option that has `lumetra-engram` speak of the other one.
PROGRAMS = {"lumetra-engram": [], "engram-local": ["--server"]}
COMPLETIONS = {"bash": "{}.bash", "zsh": "_{}", "fish": "{}.fish", "powershell": "_{}.ps1", "elvish": "{}.elv"}
NOTICES = "THIRD-PARTY-NOTICES.txt"


def stage(programs: Path, folder: Path) -> None:
    """Lays out what the archive holds."""
    completions = folder / "completions"
    completions.mkdir(parents=True)
    for file in (ROOT / "LICENSE", ROOT / "cli" / NOTICES, HERE / "README.md"):
        shutil.copyfile(file, folder / file.name)
    for name in PROGRAMS:
        shutil.copy(programs / (name + ".exe" * WINDOWS), folder)
    for name, option in PROGRAMS.items():
        program = folder / ("lumetra-engram" + ".exe" * WINDOWS)
        for shell, file in COMPLETIONS.items():
            with open(completions / file.format(name), "wb") as script:
                subprocess.run([program, "completions", shell, *option], stdout=script, check=True)
        subprocess.run([program, "man", "--dir", folder / "man" / "man1", *option], stdout=subprocess.DEVNULL, check=True)


def wheel(maturin: str, program: Path, target: Path, fast: bool) -> Path:
    """Has maturin make the wheel around the program that is built already."""
    compression = ["--compression-method", "stored"] if fast else []
    command = [maturin, "build", "--locked", "--quiet", "--manifest-path", ROOT / "cli/Cargo.toml", "--out", target, *compression]
    with tempfile.TemporaryDirectory() as stand_in:
        # It builds with CARGO, and asks for the metadata of the project with what is found as `cargo`.
        cargo = Path(stand_in) / "cargo"
        cargo.symlink_to(HERE / "built.py")
        path = os.pathsep.join([stand_in, os.environ["PATH"]])
        changed = {"PATH": path, "CARGO": str(cargo), "REAL_CARGO": shutil.which(os.environ["CARGO"]), "PROGRAM": str(program)}
        subprocess.run(command, env=os.environ | changed, check=True)
    return next(target.glob("*.whl"))


def bill_of_materials(wheel: Path, to: Path) -> None:
    """In CycloneDX, as maturin has cargo-cyclonedx make it for the wheel. The command line has all that the server has, and more."""
    with zipfile.ZipFile(wheel) as files:
        [name] = [name for name in files.namelist() if "/sboms/" in name]
        to.write_bytes(files.read(name))


def debian(folder: Path, version: str, target: Path, fast: bool) -> None:
    compression = ["-Znone"] if fast else ["-Zxz"]
    subprocess.run(["sh", HERE / "debian/build.sh", folder, version, target, *compression], check=True)


def files_of(folder: Path) -> list[tuple[str, bytes, int]]:
    """Each file's path with the folder, its content and its mode."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    mode = lambda path: 0o755 if path.parent == folder and path.stem in PROGRAMS else 0o644
    return [(path.relative_to(folder.parent).as_posix(), path.read_bytes(), mode(path)) for path in paths]


def tar(folder: Path, target: Path, fast: bool) -> None:
    level = 0 if fast else 9
    with open(target, "wb") as file, gzip.GzipFile("", "wb", level, file, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, content, mode in files_of(folder):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.mtime = len(content), mode, EPOCH
                archive.addfile(entry, io.BytesIO(content))


def zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in files_of(folder):
            entry = zipfile.ZipInfo(name, time.gmtime(EPOCH)[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, mode << 16
            archive.writestr(entry, content)


def sums(folder: Path) -> None:
    """As `sha256sum --check SHA256SUMS` reads them."""
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(lines), newline="\n")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("programs", type=Path)
    options.add_argument("target", type=Path, help="a folder, which is emptied")
    options.add_argument("--version", required=True)
    options.add_argument("--system", required=True, help="the target triple")
    options.add_argument("--maturin", required=True)
    options.add_argument("--fast", action="store_true", help="compress nothing")
    options = options.parse_args()
    target = options.target
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    folder = target / f"lumetra-engram-{options.version}-{options.system}"
    stage(options.programs, folder)
    if WINDOWS:
        print("no wheel and no bill of materials: they are made on other systems than Windows")
        zip(folder, target / f"{folder.name}.zip")
    else:
        made = wheel(options.maturin, folder / "lumetra-engram", target, options.fast)
        bill = f"lumetra-engram-{options.version}.cyclonedx.json"
        bill_of_materials(made, folder / bill)
        shutil.copyfile(folder / bill, target / bill)
        tar(folder, target / f"{folder.name}.tar.gz", options.fast)
    if shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"):
        debian(folder, options.version, target, options.fast)
    else:
        print("no Debian package: there is no dpkg-deb, or no dpkg-shlibdeps (`apt install dpkg-dev`)")
    shutil.rmtree(folder)
    sums(target)


main()
