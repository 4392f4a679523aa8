"""Earthquakes and other seismic events in Kansas, from the USGS catalogue ComCat."""
