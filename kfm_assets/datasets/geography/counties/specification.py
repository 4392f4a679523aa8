"""What geography/counties is: plain data, no code."""

from __future__ import annotations

from kfm_assets.domain.dataset import (
    KANSAS,
    Column,
    Coverage,
    Dataset,
    Endpoint,
    Feed,
    Grain,
    Kind,
    Partitions,
    Rule,
    Table,
    Upstream,
)
from kfm_assets.domain.drift import Drift, DriftColumn, Scale

WIRE = "counties"


def _column(name: str, dtype: str, description: str, field: str, unit: str = "") -> Column:
    """Describe a column with the attribute it is made from, or with `geometry`, the outline in the .shp file."""
    return Column(name, dtype, description, unit=unit, sources=(f"{WIRE}.{field}",))


_COLUMNS = (
    _column("geoid", "string", "State and county FIPS code (ANSI INCITS 38 and 31), as text", "GEOID"),
    _column("state_fips", "string", "State FIPS code, as text; 20 is Kansas", "STATEFP"),
    _column("county_fips", "int32", "County FIPS code within the state; odd, 1 to 209", "COUNTYFP"),
    _column("name", "string", "The county's name, without the word County", "NAME"),
    _column("land_area_km2", "float64", "Land area as the Census Bureau measures it on its full data", "ALAND", "km2"),
    _column(
        "water_area_km2", "float64", "Water area as the Census Bureau measures it on its full data", "AWATER", "km2"
    ),
    _column("area_km2", "float64", "Area of the geometry on NAD83 / Conus Albers (EPSG:5070)", "geometry", "km2"),
    _column(
        "geometry",
        "geometry",
        "Outline in OGC:CRS84 as WKB; outer rings counter-clockwise (RFC 7946, 3.1.6)",
        "geometry",
    ),
)

_RULES = (
    Rule("geoid_is_in_kansas", "str_matches", ("geoid",), "Kansas is state 20", {"pattern": r"^20\d{3}$"}),
    Rule("geoid_is_unique", "unique", ("geoid",), "a county appears once"),
    Rule("name_is_unique", "unique", ("name",), "no two counties of Kansas share a name"),
    Rule("all_counties", "row_count", (), "Kansas has had 105 counties since 1893", {"equal_to": 105}),
    Rule(
        "county_fips_in_range",
        "in_range",
        ("county_fips",),
        "Kansas' codes run from Allen, 1, to Wyandotte, 209",
        {"min_value": 1, "max_value": 209},
    ),
    Rule(
        "area_is_plausible",
        "in_range",
        ("area_km2",),
        "the smallest county, Wyandotte, has about 400 km2, the largest, Butler, about 3,750",
        {"min_value": 300, "max_value": 4000},
    ),
    Rule(
        "land_area_is_plausible",
        "in_range",
        ("land_area_km2",),
        "as for area_km2",
        {"min_value": 300, "max_value": 4000},
    ),
    Rule(
        "water_area_is_plausible",
        "in_range",
        ("water_area_km2",),
        "the most in any county is about 70 km2",
        {"min_value": 0, "max_value": 200},
    ),
)

_TERMS = """\
The TIGER/Line and cartographic boundary files are offered free of charge to the public; as works of the United States
Government they are in the public domain within the United States (17 U.S.C. 105). The Census Bureau asks to be
acknowledged as the source, and not to have its name used to suggest that it endorses a derived work. The files are made
for small-scale thematic mapping and are no legal land description."""

SPECIFICATION = Dataset(
    key="geography/counties",
    title="Counties of Kansas",
    description=(
        "Outlines, names, codes and areas of the 105 counties of Kansas, generalised for maps at 1:20,000,000. The "
        "geography that storms, earthquakes and canaries are counted by."
    ),
    kind=Kind.TABLE,
    partitions=Partitions(Grain.STATIC),
    unit="county",
    unit_column="county_fips",
    tables=(
        Table(
            name="counties",
            description="One row for each county of Kansas",
            columns=_COLUMNS,
            key=("geoid",),
            rules=_RULES,
            geometry_column="geometry",
        ),
    ),
    licence="LicenseRef-US-Public-Domain",
    policy_label="public",
    upstream=Upstream(
        publisher="U.S. Census Bureau, Geography Division",
        title="Cartographic Boundary Files, counties, 1:20,000,000",
        homepage="https://www.census.gov/geographies/mapping-files/time-series/geo/cartographic-boundary.html",
        terms=_TERMS,
        terms_url="https://www.census.gov/programs-surveys/geography/technical-documentation/complete-technical-documentation/tiger-geo-line.html",
        feeds=(
            Feed(
                wire=WIRE,
                file_name=r"(?:^|[/_])cb_(?P<vintage>\d{4})_us_county_20m\.zip$",
                endpoint=Endpoint("file", "https://www2.census.gov/geo/tiger/GENZ2014/shp/cb_2014_us_county_20m.zip"),
            ),
        ),
        credit="U.S. Census Bureau",
    ),
    quarantine={
        "geoid_unreadable": "GEOID is not STATEFP (two digits) followed by COUNTYFP (three digits)",
        "repeated": "an earlier record of the file has this GEOID",
        "area_unreadable": "ALAND or AWATER is not a number of square metres",
        "geometry_unusable": "the outline is missing, is not an area, leaves the range of longitude or latitude, or "
        "crosses itself (OGC 06-103r4, 6.1.11)",
    },
    scope={"outside_kansas": "the county is in another state or territory"},
    # The edition that the feed names shows boundaries as of 1 January 2014.
    coverage=Coverage(KANSAS.place, KANSAS.bbox, start="2014-01-01", end="2014-12-31"),
    drift=Drift(
        columns=(
            DriftColumn("land_area_km2", Scale.CONTINUOUS, "another unit, or another edition's outlines"),
            DriftColumn("water_area_km2", Scale.CONTINUOUS, "the same", zero=True),
        ),
    ),
    owners=("team:geography",),
    tags=("geography", "boundaries", "kansas", "census"),
)
