#include "pipelines/peer_check.h"

#include <algorithm>

#include "pipelines/certificate.h"

namespace spacecast {

PeerCheck::PeerCheck(std::vector<std::string> fingerprints)
    : fingerprints_(std::move(fingerprints)) {}

void PeerCheck::set_transport(GObject* transport) {
  MutexLock lock(mutex_);
  transport_.reset(static_cast<GObject*>(g_object_ref(transport)));
}

PeerCheck::Verdict PeerCheck::verdict() {
  if (const auto decided = verdict_.load(); decided != Verdict::kPending) return decided;
  MutexLock lock(mutex_);
  if (!transport_) return verdict_;
  char* pem = nullptr;
  g_object_get(transport_.get(), "remote-certificate", &pem, nullptr);
  const OwnedString owned(pem);
  if (!pem) return Verdict::kPending;
  const auto fingerprint = certificate_fingerprint(pem);
  const bool trusted =
      fingerprint && std::ranges::find(fingerprints_, *fingerprint) != fingerprints_.end();
  verdict_ = trusted ? Verdict::kTrusted : Verdict::kForeign;
  transport_.reset();
  return verdict_;
}

}  // namespace spacecast
