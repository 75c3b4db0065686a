#pragma once

#include "cluster/link/settings.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace parley::test {

/// A folder with a cluster's CA and certificates of it, made as an operator
/// would make them.
struct certificate_folder {
  certificate_folder() {
    auto name = (std::filesystem::temp_directory_path() / "parley-certs-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
    make("ca " + path.string());
  }
  ~certificate_folder() {
    std::error_code ignored; // a folder that stays behind harms nobody
    std::filesystem::remove_all(path, ignored);
  }
  certificate_folder(const certificate_folder&) = delete;
  certificate_folder& operator=(const certificate_folder&) = delete;

  static void make(const std::string& arguments) {
    REQUIRE(std::system((std::string{PARLEY_SOURCE_DIR "/cluster/certs "} + arguments + " >/dev/null").c_str()) == 0);
  }
  /// The files of a node of this name, made if need be.
  cluster_settings of(const std::string& node) const {
    if (!std::filesystem::exists(path / (node + ".pem")))
      make("node " + path.string() + " " + node);
    cluster_settings out;
    out.certificate_file = (path / (node + ".pem")).string();
    out.key_file = (path / (node + ".key")).string();
    out.ca_file = (path / "ca.pem").string();
    return out;
  }

  std::filesystem::path path;
};

} // namespace parley::test
