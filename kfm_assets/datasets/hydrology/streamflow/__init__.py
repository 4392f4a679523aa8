"""Discharge of Kansas' rivers, instantaneous and daily, from the USGS National Water Information System (NWIS)."""
