// Tokens made by hand, so that they can say what no issuer would: any header, any claims, any key.
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "glibx/ref.h"

namespace spacecast::test {

// RFC 4648 §5, without padding.
inline std::string base64url(std::string_view bytes) {
  const OwnedString encoded(
      g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size()));
  std::string text(encoded.get());
  text.erase(std::min(text.find('='), text.size()));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

// RFC 7515 §3.1, with the HMAC of RFC 7518 §3.2.
inline std::string sign_hs256(std::string_view header, std::string_view claims,
                              std::string_view secret) {
  const std::string text = base64url(header) + "." + base64url(claims);
  guint8 digest[32];
  gsize size = sizeof digest;
  const Owned<GHmac, g_hmac_unref> hmac(
      g_hmac_new(G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(secret.data()), secret.size()));
  g_hmac_update(hmac.get(), reinterpret_cast<const guchar*>(text.data()),
                static_cast<gssize>(text.size()));
  g_hmac_get_digest(hmac.get(), digest, &size);
  return text + "." + base64url({reinterpret_cast<const char*>(digest), size});
}

// A new key pair in PEM.
struct KeyPair {
  std::string private_pem, public_pem;

  explicit KeyPair(const char* curve = "P-256") {
    const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen(curve));
    private_pem = written([&](BIO* bio) {
      PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    public_pem = written([&](BIO* bio) { PEM_write_bio_PUBKEY(bio, key.get()); });
  }

  template <typename F>
  static std::string written(F write) {
    const Owned<BIO, BIO_free> bio(BIO_new(BIO_s_mem()));
    write(bio.get());
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }
};

}  // namespace spacecast::test
