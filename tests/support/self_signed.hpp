#pragma once

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio/ssl/context.hpp>
#include <catch2/catch.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace parley::test {

/// A server's certificate that signs itself, and a file for whoever is to trust
/// it.
struct self_signed {
  /// @param names Whom it is made out to, as a subjectAltName.
  explicit self_signed(const std::string& names = "DNS:localhost,IP:127.0.0.1") {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&X509_free)> made{X509_new(), &X509_free};
    auto* certificate = made.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key.get());
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    REQUIRE(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    REQUIRE(X509_sign(certificate, key.get(), EVP_sha256()) > 0);

    REQUIRE(SSL_CTX_use_certificate(context.native_handle(), certificate) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.native_handle(), key.get()) == 1);
    const int handle = ::mkstemp(file.data());
    REQUIRE(handle >= 0);
    FILE* out = ::fdopen(handle, "w");
    PEM_write_X509(out, certificate);
    std::fclose(out);
  }
  ~self_signed() { std::remove(file.c_str()); }
  self_signed(const self_signed&) = delete;
  self_signed& operator=(const self_signed&) = delete;

  std::string file = std::filesystem::temp_directory_path() / "parley-certificate-XXXXXX";
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

} // namespace parley::test
