"""The use cases: acquire, build, judge, promote, roll back, recover. They see ports only."""
