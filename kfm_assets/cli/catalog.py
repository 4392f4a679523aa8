"""`kfm catalog`: the catalogs of what is published, for tools that know files only."""

from __future__ import annotations

from pathlib import Path

import click

from kfm_assets.cli import printing
from kfm_assets.cli.export import filled
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.errors import NotFound

EXAMPLES = """\b
Examples:
  kfm catalog export stac/
  kfm catalog export stac/ --dataset hazards/earthquakes

\b
FOLDER must be new or empty. `catalog.json` in it is the root of a static STAC
catalog: any STAC browser opens it, and so does
  pystac.Catalog.from_file("stac/catalog.json")
Assets are addresses of the data as they lie in the lake; nothing is copied.
"""

_WITHOUT = "`kfm run` under a policy that asks for gate D makes them"


@click.group("catalog", epilog=EXAMPLES)
def command() -> None:
    """Write the catalogs of what is published."""


@command.command("export", cls=Command, epilog=EXAMPLES)
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--dataset", "datasets", metavar="DATASET", multiple=True, help="Of one dataset, or of some; else of all."
)
@printing.json_option
@pass_session
def export(session: Session, *, folder: Path, datasets: tuple[str, ...], as_json: bool) -> None:
    """Write a static STAC catalog, with DCAT and PROV beside it."""
    from kfm_assets.datasets.registry import specification
    from kfm_assets.engine.static import has_catalogs, static

    for dataset in datasets:
        specification(dataset)
    system = session.open()
    live = [
        system.state.release(pointer.stable)
        for pointer in system.state.pointers()
        if pointer.stable and (not datasets or pointer.dataset in datasets)
    ]
    if not live:
        raise NotFound("nothing of that is published", advice="`kfm run` publishes; `kfm status` shows what is")
    without = [recorded.release.dataset for recorded in live if not has_catalogs(system, recorded.release)]
    live = [recorded for recorded in live if recorded.release.dataset not in without]
    if not live:
        raise NotFound(f"what is live of {', '.join(without)} has no catalogs", advice=_WITHOUT)
    count = 0
    with filled(folder) as place:
        for path, content in static(system, [recorded.release for recorded in live]):
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            count += 1
    if as_json:
        printing.json_line(
            {"folder": str(folder), "documents": count, "collections": len(live), "without_catalogs": without}
        )
        return
    printing.paragraph(
        f"Wrote {printing.counted(count, 'document')} of {printing.counted(len(live), 'collection')} to {folder}; "
        f"{folder / 'catalog.json'} is the root."
    )
    if without:
        printing.paragraph(f"What is live of {', '.join(without)} has no catalogs and is not in it: {_WITHOUT}.")
