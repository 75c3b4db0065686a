#include "cluster/link/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

namespace parley {

namespace {

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};
using bio = std::unique_ptr<BIO, freed<BIO_free_all>>;
using certificate = std::unique_ptr<X509, freed<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;

const char* const make_them = "; cluster/certs makes such files";

std::string read_whole(const char* key, const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in.good() && text.empty())
    throw certificates_unusable{std::string{"[cluster] "} + key + ": " + file + " cannot be read ("
                                + std::strerror(errno) + ")" + make_them};
  return text;
}

bio memory(const std::string& text) {
  return bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// All certificates of a PEM file, the first one first.
std::vector<certificate> certificates_in(const char* key, const std::string& file, const std::string& text) {
  std::vector<certificate> out;
  const auto source = memory(text);
  while (auto* next = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr))
    out.emplace_back(next);
  ERR_clear_error(); // the end of the file is one
  if (out.empty())
    throw certificates_unusable{std::string{"[cluster] "} + key + ": " + file + " holds no PEM certificate"
                                + make_them};
  return out;
}

private_key key_in(const std::string& file, const std::string& text) {
  // Without this OpenSSL would ask the terminal for a passphrase.
  const auto none = [](char*, int, int, void*) { return 0; };
  private_key out{PEM_read_bio_PrivateKey(memory(text).get(), nullptr, none, nullptr)};
  ERR_clear_error();
  if (!out)
    throw certificates_unusable{"[cluster] key_file: " + file
                                + " holds no PEM key, or an encrypted one, for which nobody is there to give a "
                                  "passphrase"
                                + make_them};
  return out;
}

/// What is wrong with a certificate in the eyes of the CA, empty if nothing is.
std::string refused_by(const std::vector<certificate>& ca, const std::vector<certificate>& chain) {
  const std::unique_ptr<X509_STORE, freed<X509_STORE_free>> store{X509_STORE_new()};
  for (const auto& x : ca)
    X509_STORE_add_cert(store.get(), x.get());
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> between{sk_X509_new_null(),
                                                                           [](auto* x) { sk_X509_free(x); }};
  for (size_t i = 1; i < chain.size(); ++i)
    sk_X509_push(between.get(), chain[i].get());
  const std::unique_ptr<X509_STORE_CTX, freed<X509_STORE_CTX_free>> check{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(check.get(), store.get(), chain.front().get(), between.get());
  if (X509_verify_cert(check.get()) == 1)
    return {};
  ERR_clear_error();
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

void check_mode(const std::string& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw certificates_unusable{"[cluster] key_file: " + file + " is open to others; chmod 600 " + file};
}

int keep(const std::string& text) {
  const int handle = ::memfd_create("parley-cluster", MFD_CLOEXEC);
  if (handle < 0)
    throw certificates_unusable{std::string{"[cluster]: no memory for the certificates: "} + std::strerror(errno)};
  for (size_t done = 0; done < text.size();) {
    const auto wrote = ::write(handle, text.data() + done, text.size() - done);
    if (wrote <= 0) {
      const std::string why = std::strerror(errno);
      ::close(handle);
      throw certificates_unusable{"[cluster]: the certificates could not be kept in memory: " + why};
    }
    done += static_cast<size_t>(wrote);
  }
  return handle;
}

} // namespace

cluster_certificates::cluster_certificates(const cluster_settings& settings) {
  const auto own_text = read_whole("certificate_file", settings.certificate_file);
  const auto key_text = read_whole("key_file", settings.key_file);
  const auto ca_text = read_whole("ca_file", settings.ca_file);
  const auto own = certificates_in("certificate_file", settings.certificate_file, own_text);
  const auto ca = certificates_in("ca_file", settings.ca_file, ca_text);
  check_mode(settings.key_file);
  const auto key = key_in(settings.key_file, key_text);
  if (X509_check_private_key(own.front().get(), key.get()) != 1) {
    ERR_clear_error();
    throw certificates_unusable{"[cluster] key_file: " + settings.key_file + " is not the key of "
                                + settings.certificate_file + "; name the two files that were made together"};
  }
  if (const auto why = refused_by(ca, own); !why.empty())
    throw certificates_unusable{"[cluster] certificate_file: " + settings.certificate_file
                                + " is not good for the CA in " + settings.ca_file + " (" + why
                                + "); make a new one with cluster/certs node"};
  files_ = {-1, -1, -1};
  try {
    files_[0] = keep(own_text);
    files_[1] = keep(key_text);
    files_[2] = keep(ca_text);
    for (size_t i = 0; i < files_.size(); ++i)
      if (::access(path(i).c_str(), R_OK) != 0)
        throw certificates_unusable{"[cluster]: " + path(i) + " cannot be read; is /proc there?"};
  } catch (const certificates_unusable&) {
    for (const int file : files_)
      if (file >= 0)
        ::close(file);
    throw;
  }
}

cluster_certificates::~cluster_certificates() {
  for (const int file : files_)
    if (file >= 0)
      ::close(file);
}

std::string cluster_certificates::path(size_t which) const {
  return "/proc/self/fd/" + std::to_string(files_[which]);
}

} // namespace parley
