#pragma once

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

namespace parley::test {

/// A small file system in memory that can be filled, in a mount namespace of
/// this process and of those that it starts from now on: nobody else sees it, and it
/// goes with them. Only root may mount one, and not in every container; else
/// there is none, and `how` says why.
class small_disk {
public:
  static constexpr size_t megabytes = 96; ///< a campaign of some dozen people needs a fraction of it

  small_disk() {
    auto name = (std::filesystem::temp_directory_path() / "parley-disk-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    folder_ = name;
    const auto size = "size=" + std::to_string(megabytes) + "m";
    // A mount must not reach the namespace that we came from.
    mounted_ = root_is_mounted() && ::unshare(CLONE_NEWNS) == 0
               && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
               && ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()) == 0;
    how_ = mounted_ ? "a file system of " + std::to_string(megabytes) + " MB, full (ENOSPC)"
                    : "a file size limit in place of a full file system (EFBIG); none could be mounted: "
                        + std::string{std::strerror(errno)};
  }
  ~small_disk() {
    if (mounted_)
      ::umount2(folder_.c_str(), MNT_DETACH);
    std::error_code ignored; // an empty folder that stays behind harms nobody
    std::filesystem::remove(folder_, ignored);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  bool is_mounted() const { return mounted_; }
  const std::string& how() const { return how_; }
  const std::filesystem::path& folder() const { return folder_; }

  /// Writes a ballast until no more than so many bytes are free.
  void fill_up_to(size_t bytes_free) {
    const int file = ::open(ballast().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    // By pages, so that nothing fits in the end: others write at the same time.
    const std::vector<char> page(4096, 'x');
    while (bytes_free == 0 || room() > bytes_free)
      if (::write(file, page.data(), page.size()) < 0)
        break;
    const auto error = errno;
    ::close(file);
    if (bytes_free == 0)
      REQUIRE(error == ENOSPC);
  }
  /// Makes room again.
  void clear() { std::filesystem::remove(ballast()); }

private:
  /// Where it is a mere folder (chroot) nothing can be kept from the namespace that we
  /// came from, and in one of our own a process would not find its own program.
  static bool root_is_mounted() {
    std::ifstream mounts{"/proc/self/mountinfo"};
    for (std::string line; std::getline(mounts, line);) {
      std::istringstream fields{line};
      std::string id, parent, device, root, place;
      if (fields >> id >> parent >> device >> root >> place && place == "/")
        return true;
    }
    errno = EINVAL;
    return false;
  }
  std::filesystem::path ballast() const { return folder_ / "ballast"; }
  size_t room() const {
    struct statvfs now {};
    REQUIRE(::statvfs(folder_.c_str(), &now) == 0);
    return static_cast<size_t>(now.f_bavail) * now.f_frsize;
  }

  std::filesystem::path folder_;
  bool mounted_ = false;
  std::string how_;
};

} // namespace parley::test
