// Is the peer at the other end of DTLS the one who made the offer? webrtcbin takes any certificate
// (the check came with 1.29.2); without this, whoever gets between client and server could speak in
// the client's name. Until the answer is yes nothing that the peer sent may be used.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "gstx/ref.h"

namespace spacecast {

class PeerCheck {
 public:
  enum class Verdict { kPending, kTrusted, kForeign };

  // What the offer's a=fingerprint lines say; one of them has to match.
  explicit PeerCheck(std::vector<std::string> fingerprints);
  PeerCheck(const PeerCheck&) = delete;
  PeerCheck& operator=(const PeerCheck&) = delete;

  // The GstWebRTCDTLSTransport of the bundle; before the peer can have the answer.
  void set_transport(GObject* transport);

  // Any thread; cheap once decided. Pending while DTLS has no certificate yet. It is read once and
  // by whoever asks first, a streaming thread whose packet DTLS has just let through: so no packet
  // of a trusted peer is lost, and none during teardown, when 1.22 may crash on reading it.
  [[nodiscard]] Verdict verdict();

 private:
  const std::vector<std::string> fingerprints_;
  std::atomic<Verdict> verdict_ = Verdict::kPending;
  Mutex mutex_;
  // Not a Ref: it may be floating, and sinking it would take it from webrtcbin.
  Owned<GObject, g_object_unref> transport_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast
