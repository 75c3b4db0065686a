#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
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
    mounted_ = can_have_namespace() && enter_namespace()
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
  /// Tried out in a process of its own: where the root is a mere folder (chroot), one
  /// with a namespace of its own does not find its own program any more.
  static bool can_have_namespace() {
    const auto child = ::fork();
    if (child == 0) {
      char program[PATH_MAX]{};
      const bool works = enter_namespace() && ::readlink("/proc/self/exe", program, sizeof program - 1) > 0
                         && ::access(program, X_OK) == 0;
      ::_exit(works ? 0 : std::max(errno, 1));
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child)
      return false;
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINVAL;
    return errno == 0;
  }
  static bool enter_namespace() {
    // A mount must not reach the namespace that we came from.
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
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
