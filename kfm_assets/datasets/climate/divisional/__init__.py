"""Climate of the divisions of Kansas, month by month, from NOAA's nClimDiv."""
