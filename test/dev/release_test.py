# SPDX-License-Identifier: BSL-1.0
"""./dev release makes the same archive of the same commit in any folder, at any time, for any user. It contains what is
committed; a tree with something else in it, or with two versions, is refused. Exits with 77 where the tree is no clone.

usage: release_test.py TREE
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

TREE = pathlib.Path(sys.argv[1]).resolve()
AUTHOR = ("-c", "user.name=tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")


def git(folder, *arguments):
    # The tree may belong to another user, as in a container.
    return subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=folder, capture_output=True, text=True)


def clone(folder):
    """A clone with the state of the tree as its last commit, whether that is committed or not."""
    made = git(folder, "clone", "--quiet", "--no-local", "--depth=1", f"file://{TREE}", "clone")
    if made.returncode != 0:
        return None, made.stderr.strip().splitlines()[-1]
    new = folder / "clone"
    changed = git(TREE, "ls-files", "--modified", "--deleted", "--others", "--exclude-standard", "-z").stdout
    for name in filter(None, changed.split("\0")):
        (new / name).unlink(missing_ok=True)
        if (TREE / name).exists():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TREE / name, new / name)
    git(new, "add", "--all")
    git(new, *AUTHOR, "commit", "--quiet", "--allow-empty", "--message=state of the tree")
    return new, None


def release(folder, umask=0o022, **environment):
    return subprocess.run([folder / "dev", "release"], capture_output=True, text=True, umask=umask,
                          stdin=subprocess.DEVNULL, env=os.environ | environment)


def archive_of(folder):
    found = list((folder / "build/release").glob("*.tar.gz"))
    return found[0] if len(found) == 1 else None


def same_bytes_twice(folder, new):
    first = release(new)
    if not (made := archive_of(new)):
        yield f"there is one archive: {first.stderr}", False
        return
    content = made.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    stated = made.with_name(made.name + ".sha256").read_text()
    yield "its SHA-256 lies beside it", first.returncode == 0 and stated == f"{digest}  {made.name}\n"

    again = folder / "again"  # another folder, files of another age, another user's settings
    git(folder, "clone", "--quiet", "--no-local", str(new), str(again))
    for path in again.glob("*"):
        os.utime(path, (time.time() - 1e6,) * 2)
    (folder / "attributes").write_text("*.md export-ignore\n")
    (folder / "settings").write_text(f'[core]\nautocrlf = true\nattributesFile = "{folder / "attributes"}"\n')
    done = release(again, umask=0o077, TZ="Asia/Tokyo", LC_ALL="C", GZIP="--rsyncable",
                   GIT_CONFIG_GLOBAL=str(folder / "settings"))
    yield "the same bytes elsewhere and later", done.returncode == 0 and archive_of(again).read_bytes() == content


def contents(new):
    version = archive_of(new).name.removesuffix(".tar.gz")
    tracked = set(git(new, "ls-files", "-z").stdout.split("\0")) - {""}
    with tarfile.open(archive_of(new)) as tar:
        members = [member for member in tar if not member.isdir()]
        names = {member.name for member in members}
        modes = {member.name: member.mode for member in members}
        header = tar.extractfile(f"{version}/include/quire/version.hpp").read().decode()
    yield "it is what is committed, below one folder", names == {f"{version}/{name}" for name in tracked}
    yield "nothing that was built", not any("/build/" in name or "__pycache__" in name for name in names)
    yield "its folder is named after the version", f'"{version.removeprefix("quire-")}"' in header
    yield "what is started can be started", modes[f"{version}/dev"] == 0o755 and modes[f"{version}/README.md"] == 0o644


def refusals(new):
    before = archive_of(new).read_bytes()
    (new / "more.txt").write_text("not committed")
    done = release(new)
    yield "a file that is not committed", done.returncode == 1 and "more.txt" in done.stderr
    (new / "more.txt").unlink()
    header = new / "include/quire/version.hpp"
    header.write_text(header.read_text().replace("QUIRE_VERSION ", "QUIRE_VERSION 9"))
    git(new, *AUTHOR, "commit", "--quiet", "--all", "--message=a version that is not meson.build's")
    done = release(new)
    yield "two versions", done.returncode == 1 and "QUIRE_VERSION is not" in done.stdout
    yield "and the last archive stays", archive_of(new).read_bytes() == before
    shutil.rmtree(new / ".git")
    yield "a folder that is no clone", "clone" in release(new).stderr


def main():
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]  # of a hook that runs the tests
    missing = next((tool for tool in ("git", "gzip", "sha256sum") if not shutil.which(tool)), None)
    if missing or not (TREE / ".git").exists():
        print(f"{missing} is not installed" if missing else "this tree is no clone")
        return 77
    with tempfile.TemporaryDirectory(prefix="quire release ") as name:
        folder = pathlib.Path(name)
        new, why_not = clone(folder)
        if new is None:
            print(f"it cannot be cloned: {why_not}")
            return 77
        found = list(same_bytes_twice(folder, new))
        if archive_of(new):
            found += [*contents(new), *refusals(new)]
    failed = [what for what, holds in found if not holds]
    print(*(f"failed: {what}" for what in failed), sep="\n")
    print(f"{len(found)} test cases: {len(found) - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
