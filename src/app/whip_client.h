// The client's side of WHIP (RFC 9725) over libsoup: POST an offer, DELETE the session. A stage has
// the same verbs.
//
// Lives and is used on one loop, inside its run(). An answer's body is read up to 64 KiB.
#pragma once

#include <gio/gio.h>
#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "glibx/ref.h"

namespace spacecast {

class WhipClient {
 public:
  struct Session {
    int status = 0;   // 200 or 201
    std::string url;  // Absolute; empty where the server names none, and nothing is to be deleted.
    std::string answer;  // SDP
  };

  // `token` goes into Authorization: Bearer unless it is empty.
  explicit WhipClient(std::string token);
  WhipClient(const WhipClient&) = delete;
  WhipClient& operator=(const WhipClient&) = delete;
  // What is under way ends without a word.
  ~WhipClient();

  // kIo where no answer came, kInvalidArgument with the problem document's detail (RFC 9457) where
  // it is another status than 200 or 201.
  void post(const std::string& url, const std::string& offer,
            std::function<void(Result<Session>)> done);

  // A session that is gone already counts as deleted.
  void remove(const std::string& session_url, std::function<void(Result<void>)> done);

 private:
  struct Call;
  void send(std::unique_ptr<Call> call);

  std::string token_;
  Ref<SoupSession> session_;
  Ref<GCancellable> cancellable_;
};

}  // namespace spacecast
