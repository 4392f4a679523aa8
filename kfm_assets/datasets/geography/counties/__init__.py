"""Kansas' 105 counties, from the Census Bureau's cartographic boundary files."""
