"""Pages for people: one file each, with everything in it. Documents go in and HTML comes out; no file is touched."""
