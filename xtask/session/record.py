"""Runs lumetra-engram in a pseudo-terminal, against a local server of its own, and draws what it shows.

    python record.py PROGRAM PICTURE

The picture is an SVG; the same as text goes to the standard output stream. `cargo xtask session` calls this.
"""

import contextlib
import fcntl
import io
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS, ROWS = 80, 24
COMMANDS = [
    "lumetra-engram remember 'Ana prefers tea.' 'The office closes at 18:00.'",
    "lumetra-engram ask --sources 'What does Ana prefer?'",
    "lumetra-engram recall --limit 1 office hours",
    "lumetra-engram list",
    "lumetra-engram export --output facts.jsonl",
    "lumetra-engram mcp install claude-code --print",
]


def main(program: pathlib.Path, picture: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as home, server(program, home) as url:
        environment = {
            "ENGRAM_API_KEY": "local",
            "ENGRAM_BASE_URL": url,
            "HOME": home,
            "PATH": f"{program.parent}:/usr/bin:/bin",
            "TERM": "xterm-256color",
        }
        # Where somebody's program and home folder are is nobody else's business.
        places = {str(program.parent): "/home/you/.cargo/bin", home: "/home/you"}
        session = [(command, shown(command, home, environment, places)) for command in COMMANDS]
    prompt = "\x1b[1;32m$\x1b[0m "
    ansi = "\n".join(f"{prompt}\x1b[1m{command}\x1b[0m\n{output}" for command, output in session)
    text = Text.from_ansi(ansi.rstrip())
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(text, overflow="fold")
    svg = console.export_svg(title="lumetra-engram", theme=MONOKAI, unique_id="session")
    # Nobody's browser is to ask another site for a font.
    svg = re.sub(r"@font-face {.*?}\s*", "", svg, flags=re.DOTALL)
    picture.write_text(svg, encoding="utf-8")
    print(text.plain)


@contextlib.contextmanager
def server(program: pathlib.Path, home: str):
    command = [program, "serve", "--in-memory", "--listen", "127.0.0.1:0"]
    environment = {"HOME": home, "RUST_LOG": "warn"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment, text=True)
    try:
        words = (word for line in process.stdout for word in line.split())
        yield next(word for word in words if word.startswith("http://"))
    finally:
        process.terminate()
        process.wait()


def shown(command: str, home: str, environment: dict, places: dict) -> str:
    """What a terminal shows of the command."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    process = subprocess.Popen(command, shell=True, cwd=home, env=environment, start_new_session=True, **streams)
    os.close(terminal)
    output = b"".join(pieces(master))
    if process.wait() != 0:
        sys.exit(f"`{command}` failed:\n{output.decode()}")
    # A progress bar goes away by erasing its line.
    text = re.sub(r"[^\n]*\x1b\[2K", "", output.decode().replace("\r\n", "\n"))
    for place, name in places.items():
        text = text.replace(place, name)
    return text


def pieces(master: int):
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # How Linux says that the other side is closed.
            return
        if not piece:
            return
        yield piece


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
