"""Feeds → posts, stored as received.

`fetch` is the shell: it asks the network, through `addresses` (which hosts may be reached),
`deadline` (when an exchange is cut off), `decoding` (compressed bodies) and `answers` (what a
refusal means, in words). The rest decides, and touches nothing: `parse` and `jsonfeed` turn
bytes into `items`, `text` and `dates` clean what stands in them, `merge` tells new posts from
known ones, `discover` finds feeds in a page. Which post is which is decided by `names`,
`identity` and `resemblance`, what waits for a person by `holding`, when to ask again by `polite`.
Documents are parsed and pictures copied in child processes with limits: `apart`, `copying`.
"""
