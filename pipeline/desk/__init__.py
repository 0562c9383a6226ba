"""The desk: one local page on which the author looks at her letter, changes it and says yes."""
