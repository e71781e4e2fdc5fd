#!/usr/bin/env python3
"""Stands in for cargo while maturin packs PROGRAM, which is built already: a second build would take minutes, and be another program.

Where cargo names this machine's folder in the id of a package, there is one that is the same on every machine: the ids get into the bill of
materials.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

CLI = Path(__file__).resolve().parent.parent.parent / "cli"


def metadata(arguments: list[str]) -> str:
    printed = subprocess.run([os.environ["REAL_CARGO"], *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout
    return printed.replace(f"path+{CLI.parent.as_uri()}", "path+file:///lumetra-engram")


def built() -> str:
    """What `cargo rustc --message-format json` prints of the program."""
    described = json.loads(metadata(["metadata", "--format-version", "1", "--no-deps", "--manifest-path", str(CLI / "Cargo.toml")]))
    [package] = [package for package in described["packages"] if package["name"] == "lumetra-engram-cli"]
    [target] = [target for target in package["targets"] if target["kind"] == ["bin"]]
    profile = {"opt_level": "3", "debug_assertions": False, "overflow_checks": False, "test": False}
    artifact = {
        "reason": "compiler-artifact",
        "package_id": package["id"],
        "manifest_path": package["manifest_path"],
        "target": target,
        "profile": profile,
        "features": [],
        "filenames": [os.environ["PROGRAM"]],
        "executable": os.environ["PROGRAM"],
        "fresh": True,
    }
    return json.dumps(artifact) + "\n" + json.dumps({"reason": "build-finished", "success": True}) + "\n"


if sys.argv[1] == "rustc":
    sys.stdout.write(built())
elif sys.argv[1] == "metadata":
    sys.stdout.write(metadata(sys.argv[1:]))
else:
    os.execv(os.environ["REAL_CARGO"], [os.environ["REAL_CARGO"], *sys.argv[1:]])
