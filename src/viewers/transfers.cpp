#include "viewers/transfers.h"

#include <sys/epoll.h>

#include <charconv>
#include <chrono>
#include <cstring>

namespace spacecast::viewers {
namespace {

// Longer than an origin may hold a request, shorter than for ever: hls.js's maxLoadTimeMs.
constexpr long kTimeoutMs = 20000;
constexpr long kConnectTimeoutMs = 10000;
// Nothing of a stream is larger.
constexpr std::size_t kBodyMax = std::size_t{64} << 20;

std::int64_t now_ms() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
}

std::string resolve(const std::string& base, const std::string& uri, const std::string& query) {
  std::string url = uri;
  if (!base.empty()) {
    CURLU* parsed = curl_url();
    char* text = nullptr;
    if (curl_url_set(parsed, CURLUPART_URL, base.c_str(), 0) == CURLUE_OK &&
        curl_url_set(parsed, CURLUPART_URL, uri.c_str(), 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_URL, &text, 0) == CURLUE_OK) {
      url = text;
    }
    curl_free(text);
    curl_url_cleanup(parsed);
  }
  if (!query.empty()) url += (url.find('?') == std::string::npos ? '?' : '&') + query;
  return url;
}

}  // namespace

struct Transfers::Transfer {
  CURL* easy = curl_easy_init();
  bool busy = false;
  bool keeps_body = false;
  Request request;
  Answer answer;

  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { curl_easy_cleanup(easy); }

  static std::size_t take(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.answer.bytes += size;
    if (transfer.answer.bytes > kBodyMax) return 0;
    if (transfer.keeps_body) {
      if (transfer.answer.body.size() + size > kPlaylistBytesMax) return 0;
      transfer.answer.body.append(data, size);
    }
    return size;
  }
};

Transfers::Transfers(Options options, int epoll, std::uint32_t key, Done done)
    : options_(options),
      epoll_(epoll),
      key_(key),
      done_(std::move(done)),
      multi_(curl_multi_init()) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  // What browsers open to one host.
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, 6L);
}

Transfers::~Transfers() {
  for (const auto& transfer : transfers_) {
    if (transfer->busy) curl_multi_remove_handle(multi_, transfer->easy);
  }
  curl_multi_cleanup(multi_);
}

Transfers::Transfer* Transfers::idle() {
  for (const auto& transfer : transfers_) {
    if (!transfer->busy) return transfer.get();
  }
  transfers_.push_back(std::make_unique<Transfer>());
  Transfer* transfer = transfers_.back().get();
  CURL* easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Transfer::take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 3L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "spacecast-viewers");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                   options_.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
  // On the connection that is there, rather than on one more.
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, options_.http2 ? 1L : 0L);
  if (options_.any_certificate) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  return transfer;
}

void Transfers::start(Request request) {
  Transfer* transfer = idle();
  transfer->busy = true;
  transfer->request = std::move(request);
  transfer->answer = {};
  const Request& asked = transfer->request;
  transfer->keeps_body =
      asked.kind == Request::Kind::kMultivariant || asked.kind == Request::Kind::kPlaylist;
  const std::string url = resolve(asked.base, asked.uri, asked.query);
  curl_easy_setopt(transfer->easy, CURLOPT_URL, url.c_str());
  // Playlists come compressed, as to browsers.
  curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING,
                   transfer->keeps_body ? "gzip" : nullptr);
  curl_multi_add_handle(multi_, transfer->easy);
}

void Transfers::serve(curl_socket_t socket, std::uint32_t events) {
  int mask = 0;
  if ((events & (EPOLLIN | EPOLLHUP)) != 0) mask |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
  if ((events & EPOLLERR) != 0) mask |= CURL_CSELECT_ERR;
  if (socket == CURL_SOCKET_TIMEOUT) deadline_ms_ = -1;
  int running = 0;
  curl_multi_socket_action(multi_, socket, mask, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }
}

void Transfers::finish(CURL* easy, CURLcode result) {
  Transfer* transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  Answer& answer = transfer->answer;
  if (result == CURLE_OK) {
    long status = 0;
    char* url = nullptr;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    answer.status = static_cast<int>(status);
    // Without the directives: it is what the next ones are added to.
    answer.url.assign(url, std::strcspn(url, "?"));
    curl_header* header = nullptr;
    if (transfer->keeps_body &&
        curl_easy_header(easy, "Spacecast-Published", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
      std::from_chars(header->value, header->value + std::strlen(header->value),
                      answer.published_at);
    }
  }
  curl_multi_remove_handle(multi_, easy);
  const Request request = std::move(transfer->request);
  const Answer taken = std::move(answer);
  transfer->busy = false;
  done_(request, taken);
}

int Transfers::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& transfers = *static_cast<Transfers*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(transfers.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.data.u64 = std::uint64_t{transfers.key_} << 32 | static_cast<std::uint32_t>(socket);
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  epoll_ctl(transfers.epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
  // Anything but null says that the socket is known from now on.
  curl_multi_assign(transfers.multi_, socket, &transfers);
  return 0;
}

int Transfers::on_timer(CURLM*, long timeout_ms, void* self) {
  static_cast<Transfers*>(self)->deadline_ms_ = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
  return 0;
}

}  // namespace spacecast::viewers
