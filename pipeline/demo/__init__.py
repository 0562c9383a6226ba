"""A blog to try everything on: eight posts, the feeds two common systems would make of them, a server."""
