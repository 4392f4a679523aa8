"""`kfm export`: a release as real files in a folder, with checksums that `sha256sum -c` reads."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kfm_assets.cli import printing
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.errors import Unavailable, UsageError

EXAMPLES = """\b
Examples:
  kfm export 3f2a91c0e1b2 storms/
  kfm export v3 storms/ --dataset hazards/storm_events
  cd storms && sha256sum -c SHA256SUMS

\b
FOLDER must be new or empty. It gets the data and the catalogs as they lie in
the lake, papers, configuration and the snapshot: all of it or nothing.
"""


@click.command("export", cls=Command, epilog=EXAMPLES)
@click.argument("release", metavar="RELEASE")
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@click.option("--dataset", metavar="DATASET", help="Whose version it is, where RELEASE is one, as in v3.")
@printing.json_option
@pass_session
def command(session: Session, *, release: str, folder: Path, dataset: str | None, as_json: bool) -> None:
    """Write all that belongs to a release into a folder."""
    from kfm_assets.engine.export import CHECKSUMS, checksums, export
    from kfm_assets.engine.record import find

    system = session.open()
    recorded = find(system, release, dataset)
    with filled(folder) as place:
        written = []
        for file in export(system, recorded):
            target = place / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.content is None:
                shutil.copyfile(file.local, target)
            else:
                target.write_bytes(file.content)
            written.append(file)
        (place / CHECKSUMS).write_bytes(checksums(written))
    if as_json:
        for file in written:
            printing.json_line({"path": file.path, "digest": file.digest})
        return
    what = f"v{recorded.version} of {recorded.release.dataset}"
    printing.paragraph(
        f"Wrote {printing.counted(len(written), 'file')} of {what} to {folder}. "
        f"`cd {shlex.quote(str(folder))} && sha256sum -c {CHECKSUMS}` checks them."
    )


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, which becomes `folder` on leaving; where leaving is by an error nothing is there.

    Raises:
        UsageError: where there is something at `folder` already, or a file where a folder is to be.
        Unavailable: where it cannot be written.
    """
    folder = folder.expanduser()
    for above in (folder, *folder.parents):
        if above.exists() and not above.is_dir():
            raise UsageError(f"{above} is no folder", advice="name a new folder")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", advice="name a new folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".kfm-", ignore_cleanup_errors=True) as temporary:
            place = Path(temporary) / "filled"
            place.mkdir()
            yield place
            if folder.exists():
                folder.rmdir()
            place.rename(folder)
    except OSError as error:
        raise Unavailable(
            f"{folder} cannot be written: {error.strerror}", advice="see that the disk has room"
        ) from error
