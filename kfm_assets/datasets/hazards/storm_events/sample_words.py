"""The words that the sample of Storm Events is made of: types, places, offices, narratives. Nothing here is real."""

from __future__ import annotations

COUNTY_EVENTS = {
    "Thunderstorm Wind": 36,
    "Hail": 34,
    "Tornado": 9,
    "Flash Flood": 8,
    "Heavy Rain": 5,
    "Flood": 4,
    "Lightning": 3,
    "Funnel Cloud": 1,
}
"""Event types of county rows, with how many of a hundred are of each."""

ZONE_EVENTS = ("Drought", "Winter Weather", "Winter Storm", "Blizzard", "Heat", "High Wind", "Dense Fog", "Wildfire")

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MONTH_WEIGHTS = (1, 1, 6, 13, 24, 26, 14, 8, 4, 1, 1, 1)

OFFICES = ("TOP", "ICT", "DDC", "GLD", "EAX")
SOURCES = ("Trained Spotter", "Public", "Law Enforcement", "Emergency Manager", "NWS Storm Survey", "Mesonet", "COOP")
AZIMUTHS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")

DAMAGES = ("0.00K", "", "0", "0K", ".5K", "1.00K", "2.5K", "25K", "5.00K", "250K", "2.5M", "1.2M", "1B")
DAMAGE_WEIGHTS = (50, 18, 4, 4, 4, 6, 4, 3, 3, 2, 1, 0.9, 0.1)

STATES = (("MISSOURI", 29), ("NEBRASKA", 31), ("OKLAHOMA", 40), ("COLORADO", 8))

EPISODES = (
    "",
    "A cold front, slow to move, set off thunderstorms over the plains during the afternoon.",
    'Storms formed along the dryline and moved northeast; a spotter called the day "one for the books".',
    "Low pressure crossed the state from the southwest.\nSevere thunderstorms followed it, and lasted into the night.",
    "An upper level low, rich moisture and strong shear made for supercells, some of them tornadic.",
)
OPENINGS = (
    "A trained spotter reported the event, by telephone,",
    'The public reported damage "like nothing we had seen"',
    "Law enforcement reported the event",
    "An emergency manager measured the largest value",
    "Several trees, power poles and a shed were blown down",
)
CLOSINGS = (
    "",
    " Roads were closed, for a time, at low water crossings.",
    "\nThe time is estimated from radar.",
    ' A barn lost its roof; the owner said "it was over in a minute".',
)
