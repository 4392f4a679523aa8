"""What hazards/earthquakes is: plain data, no code."""

from __future__ import annotations

from kfm_assets.domain.dataset import Column, Dataset, Endpoint, Feed, Grain, Kind, Partitions, Rule, Table, Upstream

WIRE = "events"

FIRST = "1867-01"
"""The year of the Manhattan, Kansas, earthquake of 24 April 1867, the earliest that catalogues place in Kansas."""

_COLUMNS = (
    Column("event_id", "string", "The catalogue's id of the event: network code and the network's own code"),
    Column("time_utc", "timestamp", "Origin time"),
    Column("updated_utc", "timestamp", "When the catalogue last changed the event"),
    Column("day_utc", "date", "The day of time_utc"),
    Column("latitude_deg", "float64", "Epicentre's latitude", unit="deg"),
    Column("longitude_deg", "float64", "Epicentre's longitude", unit="deg"),
    Column("depth_km", "float64", "Depth; negative above the reference surface; often fixed at 5 or 10", True, "km"),
    Column("magnitude", "float64", "Preferred magnitude, of the kind that magnitude_type says; may be negative", True),
    Column(
        "magnitude_type", "string", "Method of the magnitude in USGS' spelling, lower case: ml, mb_lg, mwr, …", True
    ),
    Column("magnitude_type_reported", "string", "Method of the magnitude as the catalogue spelled it", True),
    Column("event_type", "string", "earthquake, quarry blast, explosion, …; lower case, words apart", True),
    Column("place", "string", "Where it was, in words, from the catalogue", True),
    Column("county_fips", "int32", "County of Kansas in which the epicentre lies, by polygon"),
    Column("network", "string", "Network that is preferred for the event", True),
    Column("status", "string", "automatic or reviewed, where the file says", True),
    Column("gap_deg", "float64", "Largest azimuthal gap between stations", True, "deg"),
    Column("dmin_deg", "float64", "Distance to the nearest station; one degree is about 111.2 km", True, "deg"),
    Column("rms_s", "float64", "Root mean square of the travel time residuals", True, "s"),
    Column("station_count", "int32", "Stations used for the location (nst)", True),
    Column("horizontal_error_km", "float64", "Uncertainty of the epicentre", True, "km"),
    Column("depth_error_km", "float64", "Uncertainty of the depth", True, "km"),
    Column("magnitude_error", "float64", "Standard error of the magnitude", True),
    Column("magnitude_station_count", "int32", "Stations used for the magnitude (magNst)", True),
    Column("location_source", "string", "Network that located the event", True),
    Column("magnitude_source", "string", "Network that computed the magnitude", True),
    Column("geometry", "geometry", "Epicentre in OGC:CRS84 as WKB"),
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
    requires=("geography/counties",),
    owners=("team:hazards",),
    tags=("hazards", "earthquakes", "kansas", "usgs"),
)
