"""Packs a folder into a .tar.gz that comes out the same each time: `python archive.py FOLDER ARCHIVE`. Hidden files are left out."""

import gzip
import sys
import tarfile
from pathlib import Path

# 1980-01-01, the oldest time that every format can hold.
TIME = 315532800

folder, archive = map(Path, sys.argv[1:])


def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if Path(entry.name).name.startswith("."):
        return None
    entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = TIME, 0, 0, "", ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


with archive.open("wb") as file, gzip.GzipFile("", "wb", mtime=TIME, fileobj=file) as packed:
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        # It adds the files of a folder sorted by name.
        tar.add(folder, arcname=folder.name, filter=plain)
