"""A conformance checker for Low-Latency HLS (RFC 8216bis, Apple's authoring specification) that reads HTTP only.

`record` plays a presentation for a while and keeps every response with its times: a Recording, a value that can be
saved, loaded and changed. Everything after that is pure: `presentation` reads playlists and boxes out of a
Recording, `rules_*` judge it, one function a rule, and `report` prints what they found.
"""
