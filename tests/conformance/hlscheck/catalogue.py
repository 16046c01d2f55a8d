"""Imports every module of rules, so that REGISTER is complete, and says which are declined and why."""
from __future__ import annotations

from . import (rules_directives, rules_fragments, rules_headers, rules_hints, rules_low_latency, rules_multivariant,
               rules_mutation, rules_removal, rules_samples, rules_skip, rules_structure, rules_timeline)
from .rules import MUST, OPERATIONAL, PROFILE, SHOULD, declined

MODULES = (rules_directives, rules_fragments, rules_headers, rules_hints, rules_low_latency, rules_multivariant,
           rules_mutation, rules_removal, rules_samples, rules_skip, rules_structure, rules_timeline)

EDGE = "the origin speaks HTTP/1.1 on purpose; the edge in front of it ends TLS and HTTP/2"
DRILL = "needs control of the process: drills_test.py"

declined(4, PROFILE, "B.1", "HTTP/2 or HTTP/3", EDGE)
declined(5, PROFILE, "B.1", "RFC 9218 priorities", EDGE)
declined(6, SHOULD, "AAS 11.1, B.1", "TLS", EDGE)
declined(9, PROFILE, "B.1", "TCP with SACK and RACK-TLP", "the kernel's, not seen in HTTP")
declined(16, SHOULD, "B.1", "unsuccessful blocking reloads cached for 4 target durations",
         "all unsuccessful answers are no-store: one that comes too early is right later, a cached one would deny "
         "service to everybody behind the cache (judged by R17)")
declined(20, PROFILE, "B.1", "caches set Age", "a cache's duty; R88 judges what an origin gives for it")
declined(42, MUST, "6.2.1", "missing media is a GAP", DRILL)
declined(50, SHOULD, "6.2.1", "a removed presentation is 404 or 410", "the address ends with the process")
declined(63, MUST, "AAS 14.2", "part target above viewers' round trip",
         "the viewers' network is not the origin's to see")
declined(82, SHOULD, "6.2.5.2", "503 after three target durations", DRILL)
declined(112, OPERATIONAL, "-", "audio parts alternate k and k+1 frames", "a consequence of R52 and R53, judged there")
for number, title in ((115, "encoder stall"), (116, "encoder restart"), (117, "loss of the sound or the picture only"),
                      (118, "restart of the origin"), (119, "a step of the clock"), (120, "end with many waiting"),
                      (121, "joining during the first segments")):
    declined(number, OPERATIONAL, "drill", title, DRILL)
