"""How well `read` reads, measured on labelled posts that are not ours and not in the project.

`make eval DATA=folder` prints every figure with its baseline and a 95 % interval. The folder
holds `posts.jsonl`, `units.jsonl` and `counselchat.jsonl`; see `data.py` for their shapes.
"""
