# The cache in front of a Space (Varnish 7.1): an edge, or the shield that edges ask.
#
# Whatever viewers do, the origin is asked for each playlist, part and segment once by each cache that
# asks it, and hardly for anything else:
#
# * A name has one spelling. Of a query only the delivery directives stay, numbers without leading
#   zeros, in the order of RFC 8216bis §6.3.2. A blocking reload for what is published already becomes
#   the one for the newest state that is known here, which is an answer to all of them.
# * Requests for the same thing wait for one fetch, for errors too: everything is kept for a moment,
#   and there is no hit-for-miss and no hit-for-pass, which would let all who wait through.
# * What cannot exist is refused here. The origin tells with playlists and refusals how far it is
#   (Spacecast-Live); names far from there never reach it. Without that header all names do.
#
# An error is kept for 0.2 s at most, and is void as soon as a newer state of the Space is known
# here: it was said of an older one. So a stranger who asks too early denies nothing to anybody. A
# viewer knows a part's name from a playlist, that playlist came through here with its state, and an
# error that was asked for before that is not delivered but asked for again.
#
# Nothing stale is ever served. Age goes on counting from tier to tier.

vcl 4.1;

import purge;
import std;
import var;

# Made by `start`: the backend, who may ban, which Spaces there are, the secret.
include "site.vcl";

sub vcl_recv {
  unset req.http.Spacecast-Space;
  unset req.http.Spacecast-Rendition;
  if (req.method == "BAN") {
    call ban_space;
  }
  if (req.method != "GET" && req.method != "HEAD") {
    return (synth(405, "Only GET and HEAD are answered here."));
  }
  if (req.url == "/healthz") {
    return (synth(200, "alive"));
  }
  if (req.url == "/readyz") {
    if (std.healthy(req.backend_hint)) {
      return (synth(200, "ready"));
    }
    return (synth(503, "The origin is not there."));
  }
  unset req.http.Cookie;
  unset req.http.Authorization;
  unset req.http.Spacecast-Edge;
  set req.http.Spacecast-Query = regsub(req.url, "^[^?]*\??", "&");
  set req.url = regsub(req.url, "\?.*$", "");

  if (req.url ~ "^/spaces/[A-Za-z0-9_][A-Za-z0-9_-]{0,63}/hls/") {
    call site_space;
    set req.http.Spacecast-Space = regsub(req.url, "^(/spaces/[^/]+)/.*$", "\1");
    if (req.url ~ "/hls/[va][0-9]+[./]") {
      set req.http.Spacecast-Rendition = regsub(req.url, "^(/spaces/[^/]+/hls/[va][0-9]+).*$", "\1");
    }
    if (req.url ~ "/hls/[va][0-9]+(\.iframes)?\.m3u8$") {
      call read_directives;
    } elsif (req.url !~ "/hls/(master\.m3u8|[va][0-9]+/(init-[1-9][0-9]{0,4}\.mp4|(0|[1-9][0-9]{0,9})(\.(0|[1-9][0-9]{0,2}))?\.m4s))$") {
      return (synth(404, "Nothing has such a name."));
    }
  } elsif (req.url !~ "^/(assets/[A-Za-z0-9._-]{1,64}|api/space)?$") {
    return (synth(404, "Only viewers are answered here; the stage is at the worker's own address."));
  }
  unset req.http.Spacecast-Query;
  return (hash);
}

# The backend, not its name, says which Space it is: hosts are the viewer's choice.
sub vcl_hash {
  hash_data(req.url);
  return (lookup);
}

# ---- Where a rendition stands, as far as it is known here.

# Into this task's variables: what Spacecast-Live says is next, which most requests ask for.
sub recall_next {
  set req.http.Spacecast-Live = var.global_get(req.http.Spacecast-Rendition);
  var.set_int("next_msn", std.integer(regsub(req.http.Spacecast-Live, "^.*next=([0-9]+)\..*$", "\1"), -1));
  var.set_int("next_part", std.integer(regsub(req.http.Spacecast-Live, "^.*next=[0-9]+\.([0-9]+),.*$", "\1"), -1));
}

# All that it says; known_for, the seconds since it was said (a large number where it was not); ahead, by how
# many parts the origin may have gone on since.
sub recall {
  call recall_next;
  var.set_int("first", std.integer(regsub(req.http.Spacecast-Live, "^.*first=([0-9]+),.*$", "\1"), 0));
  var.set_int("parts", std.integer(regsub(req.http.Spacecast-Live, "^.*parts=([0-9]+),.*$", "\1"), 999));
  var.set_int("advance", std.integer(regsub(req.http.Spacecast-Live, "^.*advance=([0-9]+),.*$", "\1"), 999));
  var.set_int("init", std.integer(regsub(req.http.Spacecast-Live, "^.*init=([0-9]+),.*$", "\1"), 99999));
  var.set_real("known_for", std.time2real(now, 0.0) - std.real(regsub(req.http.Spacecast-Live, "^.*@", ""), 0.0));
  if (var.get_int("next_msn") >= 0 && var.global_get("waits " + req.http.Spacecast-Rendition) ==
      "" + var.get_int("next_msn") + "." + var.get_int("next_part")) {
    # A reload for the next part is under way: were there anything newer, it would be known here.
    var.set_int("ahead", 0);
    var.set_real("known_for", 0.0);
  } else {
    var.set_int("ahead", 1);
  }
  unset req.http.Spacecast-Live;
}

# From an answer of the origin, or of a shield that had it from there. A lower state is an old answer
# out of a cache and teaches nothing.
sub learn {
  set bereq.http.Spacecast-State = regsub(beresp.http.Spacecast-Live, "^state=([0-9]{1,15}),.*$", "\1");
  if (std.integer(bereq.http.Spacecast-State, 0) >=
      std.integer(regsub(var.global_get(bereq.http.Spacecast-Rendition), "^state=([0-9]+),.*$", "\1"), 0)) {
    var.global_set(bereq.http.Spacecast-Rendition, beresp.http.Spacecast-Live + " @" + std.time2real(now, 0.0));
  }
  if (std.integer(bereq.http.Spacecast-State, 0) >
      std.integer(regsub(var.global_get(bereq.http.Spacecast-Space), "^state=([0-9]+),.*$", "\1"), 0)) {
    var.global_set(bereq.http.Spacecast-Space, beresp.http.Spacecast-Live + " @" + std.time2real(now, 0.0));
  }
}

# ---- Names.

sub read_directives {
  if (req.http.Spacecast-Query ~ "&_HLS_(msn|part|skip)(=[^&]*)?(&.*)?&_HLS_\1(=|&|$)") {
    return (synth(400, "A directive is given twice."));
  }
  if (req.http.Spacecast-Query ~ "&_HLS_(msn|part)(&|$|=(?![0-9]{1,10}(&|$)))") {
    return (synth(400, "_HLS_msn and _HLS_part are integers, and not that large."));
  }
  if (req.http.Spacecast-Query ~ "&_HLS_part=") {
    if (req.http.Spacecast-Query !~ "&_HLS_msn=") {
      return (synth(400, "_HLS_part without _HLS_msn."));
    }
    var.set_int("part", std.integer(regsub(req.http.Spacecast-Query, "^.*&_HLS_part=([0-9]+).*$", "\1"), 0));
  } else {
    var.set_int("part", -1);
  }
  if (req.http.Spacecast-Query ~ "&_HLS_msn=") {
    var.set_int("msn", std.integer(regsub(req.http.Spacecast-Query, "^.*&_HLS_msn=([0-9]+).*$", "\1"), 0));
    if (req.url ~ "\.iframes\.") {
      # It has no parts: whole segments are waited for, whatever part is asked for.
      var.set_int("part", -1);
    }
    call newest_of_the_same;
    set req.url = req.url + "?_HLS_msn=" + var.get_int("msn");
    if (var.get_int("part") >= 0) {
      set req.url = req.url + "&_HLS_part=" + var.get_int("part");
    }
  }
  # Other values are ignored by the origin (§6.2.5.1).
  if (req.http.Spacecast-Query ~ "&_HLS_skip=(YES|v2)(&|$)") {
    if (req.url ~ "\?") {
      set req.url = req.url + "&";
    } else {
      set req.url = req.url + "?";
    }
    set req.url = req.url + "_HLS_skip=" + regsub(req.http.Spacecast-Query, "^.*&_HLS_skip=(YES|v2).*$", "\1");
  }
}

# What is asked for by msn and part is published: then the newest state that is known is an answer.
# What is further ahead than the origin waits for (§6.2.5.2: two segments, or so many parts) is refused.
sub newest_of_the_same {
  call recall_next;
  unset req.http.Spacecast-Live;
  if (var.get_int("next_msn") >= 0) {
    if (var.get_int("msn") < var.get_int("next_msn") ||
        (var.get_int("msn") == var.get_int("next_msn") && var.get_int("part") >= 0 &&
         var.get_int("part") < var.get_int("next_part"))) {
      if (var.get_int("next_part") > 0 && req.url !~ "\.iframes\.") {
        var.set_int("msn", var.get_int("next_msn"));
        var.set_int("part", var.get_int("next_part") - 1);
      } else {
        var.set_int("msn", var.get_int("next_msn") - 1);
        var.set_int("part", -1);
      }
    } elsif (var.get_int("msn") > var.get_int("next_msn") || var.get_int("part") > var.get_int("next_part")) {
      call refuse_what_is_too_far_ahead;
    }
  }
}

sub refuse_what_is_too_far_ahead {
  call recall;
  if (var.get_real("known_for") < 1.0 &&
      (var.get_int("msn") > var.get_int("next_msn") + 2 + var.get_int("ahead") ||
       (var.get_int("msn") > var.get_int("next_msn") &&
        var.get_int("part") > var.get_int("advance") + 3 * var.get_int("ahead")) ||
       (var.get_int("msn") == var.get_int("next_msn") &&
        var.get_int("part") > var.get_int("next_part") + var.get_int("advance") + 3 * var.get_int("ahead")))) {
    return (synth(400, "_HLS_msn or _HLS_part is further ahead than can be waited for."));
  }
}

# ---- What is not here yet.

sub vcl_miss {
  if (req.http.Spacecast-Rendition) {
    call known_rendition;
    if (req.url ~ "/hls/[va][0-9]+/") {
      call refuse_what_cannot_be;
    }
  }
  return (fetch);
}

sub known_rendition {
  set req.http.Spacecast-Name = regsub(req.http.Spacecast-Rendition, "^.*/", "") + " in " +
                                regsub(var.global_get(req.http.Spacecast-Space), "^.*renditions=(.*) @.*$", "\1 ");
  if (req.http.Spacecast-Name !~ " in $" && req.http.Spacecast-Name !~ "^([^ ]+) in (.* )?\1 ") {
    return (synth(404, "There is no such rendition."));
  }
}

# Asked for is what lies at the live edge, and one part more where that may have gone on since somebody
# said where it is. Parts of long ago are not: who is that far behind plays whole segments.
sub refuse_what_cannot_be {
  call recall;
  if (var.get_int("next_msn") < 0) {
    return (fetch);
  }
  if (req.url ~ "/init-") {
    if (var.get_real("known_for") < 1.0 &&
        std.integer(regsub(req.url, "^.*/init-([0-9]+)\.mp4$", "\1"), 0) > var.get_int("init") + 1) {
      return (synth(404, "There is no such init section."));
    }
    return (fetch);
  }
  var.set_int("msn", std.integer(regsub(req.url, "^.*/([0-9]+)[^/]*$", "\1"), 0));
  if (var.get_int("msn") < var.get_int("first")) {
    return (synth(404, "It has been removed."));
  }
  if (req.url ~ "\.[0-9]+\.m4s$") {
    var.set_int("part", std.integer(regsub(req.url, "^.*\.([0-9]+)\.m4s$", "\1"), 0));
    if (var.get_int("msn") < var.get_int("next_msn") &&
        (var.get_int("part") >= var.get_int("parts") || var.get_int("msn") + 20 < var.get_int("next_msn"))) {
      return (synth(404, "There is no such part."));
    }
  } else {
    # Complete when the next part is of a later one: the same as one part ahead.
    var.set_int("part", var.get_int("next_part") + 1);
  }
  if (var.get_real("known_for") < 0.3 &&
      (var.get_int("msn") > var.get_int("next_msn") + var.get_int("ahead") ||
       (var.get_int("msn") > var.get_int("next_msn") && var.get_int("part") > 0) ||
       (var.get_int("msn") == var.get_int("next_msn") &&
        var.get_int("part") > var.get_int("next_part") + var.get_int("ahead")))) {
    return (synth(404, "It is further ahead than can be waited for."));
  }
}

sub vcl_hit {
  # An error that was asked for before the newest state was known here. Once asked for again it is
  # right, so this ends; the limit is for a Space that changes faster than it can be asked.
  if (obj.status >= 400 && req.restarts < 3 &&
      std.real(obj.http.Spacecast-Asked, 0.0) <
      std.real(regsub(var.global_get(req.http.Spacecast-Space), "^.*@", ""), 0.0)) {
    purge.hard();
    return (restart);
  }
  return (deliver);
}

# ---- What the origin says.

sub vcl_backend_fetch {
  call site_secret;
  unset bereq.http.X-Forwarded-For;
  if (bereq.url ~ "_HLS_part=[0-9]+$") {
    set bereq.http.Spacecast-Part = regsub(bereq.url, "^.*\?_HLS_msn=([0-9]+)&_HLS_part=([0-9]+)$", "\1.\2");
    if (bereq.http.Spacecast-Part ==
        regsub(var.global_get(bereq.http.Spacecast-Rendition), "^.*next=([0-9.]+),.*$", "\1")) {
      var.global_set("waits " + bereq.http.Spacecast-Rendition, bereq.http.Spacecast-Part);
    }
  }
  return (fetch);
}

sub vcl_backend_response {
  unset beresp.http.Set-Cookie;
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  set beresp.http.Spacecast-Path = bereq.url;
  if (beresp.http.Spacecast-Live && bereq.http.Spacecast-Rendition) {
    call learn;
  }
  if (beresp.status >= 400) {
    call keep_error;
  } elsif (bereq.url !~ "^/spaces/") {
    # Pages are to be revalidated by browsers; here they are asked for once a second.
    set beresp.ttl = 1s;
  } elsif (bereq.url ~ "\.m3u8$|\.m3u8\?_HLS_skip" && beresp.ttl > 1s) {
    # The newest playlist, from whatever origin.
    set beresp.ttl = 1s;
  } elsif (beresp.ttl < 0.1s) {
    # A shield's copy near its end: those who wait for it share it, as they must.
    set beresp.ttl = 0.1s;
  }
  return (deliver);
}

sub vcl_backend_error {
  set beresp.http.Content-Type = "application/problem+json";
  set beresp.http.Access-Control-Allow-Origin = "*";
  set beresp.http.Cache-Control = "no-store";
  set beresp.http.Retry-After = "1";
  set beresp.body = {"{"type":"about:blank","title":"Service Unavailable","detail":"the origin did not answer","status":503}"};
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  call keep_error;
  return (deliver);
}

# For those who wait, and for a flood that asks again and again. The origin's no-store goes on to the
# viewer.
sub keep_error {
  set beresp.ttl = 0.2s;
  set beresp.http.Spacecast-Asked = std.time2real(bereq.time, 0.0);
  if (bereq.http.Spacecast-Part &&
      bereq.http.Spacecast-Part == var.global_get("waits " + bereq.http.Spacecast-Rendition)) {
    var.global_set("waits " + bereq.http.Spacecast-Rendition, "");
  }
}

# ---- Delivery.

sub vcl_deliver {
  if (obj.hits > 0) {
    set resp.http.X-Cache = "HIT";
  } else {
    set resp.http.X-Cache = "MISS";
  }
  unset resp.http.Spacecast-Path;
  unset resp.http.Spacecast-Asked;
  unset resp.http.X-Varnish;
  return (deliver);
}

sub vcl_synth {
  set resp.http.Access-Control-Allow-Origin = "*";
  set resp.http.Cache-Control = "no-store";
  if (resp.status == 405) {
    set resp.http.Allow = "GET, HEAD";
  }
  if (resp.status < 400) {
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    set resp.body = resp.reason + {"
"};
    set resp.reason = "OK";
  } else {
    set resp.http.Content-Type = "application/problem+json";
    set resp.body = {"{"type":"about:blank","detail":""} + resp.reason + {"","status":"} + resp.status + {"}"};
    set resp.reason = "Refused";
  }
  return (deliver);
}

# ---- A Space that has ended, and whose id is used again for another: `purge` sends this. Names then
# stand for other bytes, and numbers begin anew.
sub ban_space {
  if (!client.ip ~ site_purgers) {
    return (synth(403, "Not from here."));
  }
  if (req.url !~ "^/spaces/[A-Za-z0-9_][A-Za-z0-9_-]{0,63}/$") {
    return (synth(400, "BAN /spaces/ID/ is what is understood here."));
  }
  if (!std.ban("obj.http.Spacecast-Path ~ ^" + req.url)) {
    return (synth(500, std.ban_error()));
  }
  return (synth(200, "banned"));
}
