"""Geography: the shapes that the other themes refer to."""
