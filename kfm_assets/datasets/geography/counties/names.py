"""The names of Kansas' counties by county FIPS code (ANSI INCITS 31:2009). For samples, never to judge data."""

from __future__ import annotations

_NAMES = (
    "Allen,Anderson,Atchison,Barber,Barton,Bourbon,Brown,Butler,Chase,Chautauqua,Cherokee,Cheyenne,Clark,Clay,Cloud,"
    "Coffey,Comanche,Cowley,Crawford,Decatur,Dickinson,Doniphan,Douglas,Edwards,Elk,Ellis,Ellsworth,Finney,Ford,"
    "Franklin,Geary,Gove,Graham,Grant,Gray,Greeley,Greenwood,Hamilton,Harper,Harvey,Haskell,Hodgeman,Jackson,"
    "Jefferson,Jewell,Johnson,Kearny,Kingman,Kiowa,Labette,Lane,Leavenworth,Lincoln,Linn,Logan,Lyon,McPherson,Marion,"
    "Marshall,Meade,Miami,Mitchell,Montgomery,Morris,Morton,Nemaha,Neosho,Ness,Norton,Osage,Osborne,Ottawa,Pawnee,"
    "Phillips,Pottawatomie,Pratt,Rawlins,Reno,Republic,Rice,Riley,Rooks,Rush,Russell,Saline,Scott,Sedgwick,Seward,"
    "Shawnee,Sheridan,Sherman,Smith,Stafford,Stanton,Stevens,Sumner,Thomas,Trego,Wabaunsee,Wallace,Washington,Wichita,"
    "Wilson,Woodson,Wyandotte"
)

COUNTY_NAMES = {2 * place + 1: name for place, name in enumerate(_NAMES.split(","))}
"""county_fips (1, 3, … 209) -> name. McPherson stands before Marion, as the code has it."""
