"""How the tables came to be, one file a change. A migration that was released is never edited."""
