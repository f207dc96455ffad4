"""All figures, one script after the other; `python -m bench pages start` runs only those."""

import subprocess
import sys

SCRIPTS = (
    "start",
    "tree",
    "pages",
    "replies",
    "import_rate",
    "fanout",
    "webinar",
    "conference",
    "votes",
    "idle",
    "rules",
    "hostile",
)


def main() -> int:
    """Run the scripts, each in a process of its own; the exit status says whether every figure was reached."""
    chosen = sys.argv[1:] or SCRIPTS
    if unknown := set(chosen) - set(SCRIPTS):
        sys.exit(f"There is no figure {', '.join(sorted(unknown))}. There are: {', '.join(SCRIPTS)}.")
    missed = [name for name in chosen if subprocess.run([sys.executable, "-m", f"bench.{name}"]).returncode]
    print(
        f"\nEvery figure of {', '.join(chosen)} is reached."
        if not missed
        else f"\nMissed in: {', '.join(missed)}."
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
