"""What hazards/earthquakes is: plain data, no code."""

from __future__ import annotations

from kfm_assets.domain.dataset import Column, Dataset, Endpoint, Feed, Grain, Kind, Partitions, Rule, Table, Upstream
from kfm_assets.domain.drift import Drift, DriftColumn, Part, Scale

WIRE = "events"

FIRST = "1867-01"
"""The year of the Manhattan, Kansas, earthquake of 24 April 1867, the earliest that catalogues place in Kansas."""

COUNTIES = "geography/counties"


def _column(name: str, dtype: str, description: str, *fields: str, nullable: bool = True, unit: str = "") -> Column:
    """Describe a column with the fields it is made from, as CSV names them; GeoJSON has the same (`geojson`)."""
    return Column(name, dtype, description, nullable, unit, tuple(f"{WIRE}.{field}" for field in fields))


_COLUMNS = (
    _column(
        "event_id",
        "string",
        "The catalogue's id of the event: network code and the network's own code",
        "id",
        nullable=False,
    ),
    _column("time_utc", "timestamp", "Origin time", "time", nullable=False),
    _column("updated_utc", "timestamp", "When the catalogue last changed the event", "updated", nullable=False),
    _column("day_utc", "date", "The day of time_utc", "time", nullable=False),
    _column("latitude_deg", "float64", "Epicentre's latitude", "latitude", nullable=False, unit="deg"),
    _column("longitude_deg", "float64", "Epicentre's longitude", "longitude", nullable=False, unit="deg"),
    _column(
        "depth_km", "float64", "Depth; negative above the reference surface; often fixed at 5 or 10", "depth", unit="km"
    ),
    _column(
        "magnitude", "float64", "Preferred magnitude, of the kind that magnitude_type says; may be negative", "mag"
    ),
    _column(
        "magnitude_type",
        "string",
        "Method of the magnitude in USGS' spelling, lower case: ml, mb_lg, mwr, …",
        "magType",
    ),
    _column("magnitude_type_reported", "string", "Method of the magnitude as the catalogue spelled it", "magType"),
    _column("event_type", "string", "earthquake, quarry blast, explosion, …; lower case, words apart", "type"),
    _column("place", "string", "Where it was, in words, from the catalogue", "place"),
    Column(
        "county_fips",
        "int32",
        "County of Kansas in which the epicentre lies, by polygon",
        sources=(f"{WIRE}.longitude", f"{WIRE}.latitude", f"{COUNTIES}.county_fips", f"{COUNTIES}.geometry"),
    ),
    _column("network", "string", "Network that is preferred for the event", "net"),
    _column("status", "string", "automatic or reviewed, where the file says", "status"),
    _column("gap_deg", "float64", "Largest azimuthal gap between stations", "gap", unit="deg"),
    _column("dmin_deg", "float64", "Distance to the nearest station; one degree is about 111.2 km", "dmin", unit="deg"),
    _column("rms_s", "float64", "Root mean square of the travel time residuals", "rms", unit="s"),
    _column("station_count", "int32", "Stations used for the location (nst)", "nst"),
    _column("horizontal_error_km", "float64", "Uncertainty of the epicentre", "horizontalError", unit="km"),
    _column("depth_error_km", "float64", "Uncertainty of the depth", "depthError", unit="km"),
    _column("magnitude_error", "float64", "Standard error of the magnitude", "magError"),
    _column("magnitude_station_count", "int32", "Stations used for the magnitude (magNst)", "magNst"),
    _column("location_source", "string", "Network that located the event", "locationSource"),
    _column("magnitude_source", "string", "Network that computed the magnitude", "magSource"),
    _column("geometry", "geometry", "Epicentre in OGC:CRS84 as WKB", "longitude", "latitude", nullable=False),
)

_RULES = (
    Rule("event_id_is_unique", "unique", ("event_id",), "one version of an event is published"),
    Rule("event_id_is_named", "str_matches", ("event_id",), "an id has no white space", {"pattern": r"^\S+$"}),
    Rule("updated_after_it_happened", "not_after", ("time_utc", "updated_utc"), "nothing is catalogued in advance"),
    Rule(
        "latitude_in_kansas",
        "in_range",
        ("latitude_deg",),
        "Kansas lies between 37° and 40° N; the outline is generalised to about 0.01°",
        {"min_value": "36.9", "max_value": "40.1"},
    ),
    Rule(
        "longitude_in_kansas",
        "in_range",
        ("longitude_deg",),
        "Kansas lies between 94.58° and 102.06° W; the outline is generalised to about 0.01°",
        {"min_value": "-102.1", "max_value": "-94.5"},
    ),
    Rule(
        "depth_is_plausible",
        "in_range",
        ("depth_km",),
        "ComCat's documentation gives 0 to 1,000 km; shallow events may lie above the reference surface",
        {"min_value": -100, "max_value": 1000},
    ),
    Rule(
        "magnitude_is_plausible",
        "in_range",
        ("magnitude",),
        "ComCat's documentation gives -1 to 10; dense local networks go lower",
        {"min_value": -5, "max_value": 10},
    ),
    Rule("gap_is_an_angle", "in_range", ("gap_deg",), "a gap is an angle", {"min_value": 0, "max_value": 360}),
    Rule(
        "county_fips_in_range",
        "in_range",
        ("county_fips",),
        "Kansas' codes run from 1 to 209",
        {"min_value": 1, "max_value": 209},
    ),
)

_TERMS = """\
USGS-authored or produced data and information are in the public domain in the United States. The U.S. Geological Survey
asks to be credited. Events come from the networks of the Advanced National Seismic System, which are named in each row.
The catalogue is revised all the time: an event's time, place, magnitude and even its existence may change."""

SPECIFICATION = Dataset(
    key="hazards/earthquakes",
    title="Earthquakes in Kansas",
    description=(
        "Seismic events with their epicentre in Kansas, natural or not, from the ANSS Comprehensive Earthquake Catalog "
        "(ComCat): one row for each event, in its newest version. Quarry blasts and explosions stay, with their type."
    ),
    kind=Kind.TABLE,
    partitions=Partitions(Grain.MONTH, FIRST),
    unit="day",
    unit_column="day_utc",
    tables=(
        Table(
            name="events",
            description="One row for each seismic event in Kansas",
            columns=_COLUMNS,
            key=("event_id",),
            rules=_RULES,
            time_column="time_utc",
            geometry_column="geometry",
        ),
    ),
    licence="LicenseRef-US-Public-Domain",
    policy_label="public",
    upstream=Upstream(
        publisher="U.S. Geological Survey, Earthquake Hazards Program",
        title="ANSS Comprehensive Earthquake Catalog (ComCat)",
        homepage="https://earthquake.usgs.gov/data/comcat/",
        terms=_TERMS,
        terms_url="https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits",
        feeds=(
            Feed(
                wire=WIRE,
                # No group tells a partition: files of one month complete one another and are never editions.
                file_name=(
                    r"(?:^|/)(?:usgs_comcat/[^/]+|(?:[^/]+_)?(?:comcat[^/]*|query[^/]*|events_\d{4}-\d{2}"
                    r"|(?:all|significant|1\.0|2\.5|4\.5)_(?:hour|day|week|month)[^/]*))\.(?:csv|geojson)$"
                ),
                endpoint=Endpoint(
                    "query",
                    "https://earthquake.usgs.gov/fdsnws/event/1/query?format=csv&starttime={start}&endtime={end}"
                    "&minlatitude=36.9&maxlatitude=40.1&minlongitude=-102.1&maxlongitude=-94.5&orderby=time-asc",
                ),
            ),
        ),
        credit="U.S. Geological Survey; the networks of the Advanced National Seismic System",
    ),
    quarantine={
        "undated": "the time is missing, is not an instant in UTC, or lies before 1867",
        "no_id": "the event has no id",
        "coordinates_invalid": "latitude or longitude is missing, is not a number, or is no place on Earth",
        "updated_unreadable": "the time of the last update is missing or is not an instant in UTC",
        "updated_before_time": "the event was last changed before it happened",
        "magnitude_invalid": "the magnitude is not a number from -5 to 10",
        "depth_invalid": "the depth is not a number of kilometres from -100 to 1,000",
        "measure_invalid": "gap, dmin, rms, nst, magNst or an error is not a number, or not one that it can be",
    },
    scope={
        "superseded": "another row has a newer update of the event",
        "repeated": "another row has the same update of the event, with as many or more fields filled",
        "deleted": "the newest update deletes the event",
        "outside_kansas": "the epicentre is in none of Kansas' counties",
    },
    requires=(COUNTIES,),
    drift=Drift(
        columns=(
            DriftColumn(
                "magnitude", Scale.CONTINUOUS, "another kind of magnitude, or a network that hears smaller ones"
            ),
            DriftColumn("depth_km", Scale.CONTINUOUS, "metres, or another depth that is fixed"),
            DriftColumn("magnitude_type", Scale.CATEGORICAL, "another kind of magnitude, or another spelling of it"),
            DriftColumn("event_type", Scale.CATEGORICAL, "blasts that are listed as earthquakes, or no longer at all"),
            DriftColumn(
                "county_fips",
                Scale.SPATIAL,
                "coordinates that are swapped; a part of the state that is no longer heard",
                at=("longitude_deg", "latitude_deg"),
            ),
            DriftColumn(
                "local_hour",
                Scale.CIRCULAR,
                "a clock that is off: blasts are fired by day",
                column="time_utc",
                part=Part.HOUR,
                period=24,
                bins=4,
            ),
        ),
        utc_offset_hours=-6,
    ),
    owners=("team:hazards",),
    tags=("hazards", "earthquakes", "kansas", "usgs"),
)
