#include "adapters/embedded/file_mailer.hpp"

#include "adapters/smtp/address.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sodium.h>
#include <system_error>
#include <unistd.h>

namespace parley {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

/// Closes its file descriptor.
class open_file {
public:
  explicit open_file(const fs::path& path) : fd_{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)} {
    if (fd_ < 0)
      fail("open");
  }
  ~open_file() { ::close(fd_); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR)
        fail("write");
      bytes.remove_prefix(written < 0 ? 0 : static_cast<size_t>(written));
    }
    if (::fsync(fd_) != 0)
      fail("fsync");
  }

private:
  int fd_;
};

/// Under another name first: whoever lists the directory sees whole mails.
void write_whole(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  auto unfinished = path;
  unfinished += ".part";
  open_file{unfinished}.write(bytes);
  fs::rename(unfinished, path);
}

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '@' || c == '.' || c == '-'
         || c == '_';
}

} // namespace

void file_mailer_settings::describe(settings::section& s) {
  s.required("directory", directory, "where mails are written as .eml files.");
  s.required("from_address", from_address, "the address that mails come from.");
  s.text("from_name", from_name, "Name shown beside it.");
  s.text("reply_to", reply_to, "Where answers go, if not to from_address.");
  if (!from_address.empty() && !smtp::is_address(from_address))
    s.problem("from_address", "is no plain mail address such as calls@example.com");
  if (!reply_to.empty() && !smtp::is_address(reply_to))
    s.problem("reply_to", "is no plain mail address such as sales@example.com");
}

std::string file_name_of(const std::string& message_id) {
  std::string name;
  for (const char c : message_id)
    name += is_safe(c) ? c : '_';
  const size_t name_octets_max = 120; // far below what file systems take
  if (name == message_id && name.size() <= name_octets_max && !name.starts_with('.'))
    return name + ".eml";
  // A hash keeps ids apart that look the same after replacing and cutting.
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(message_id.data()),
                     message_id.size(), nullptr, 0);
  std::array<char, 2 * hash.size() + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return "_" + name.substr(0, name_octets_max) + "-" + hex.data() + ".eml";
}

caf::expected<mail_sent> file_mailer_state::send(const outgoing_mail& mail) const {
  const auto rendered = smtp::render_mail(mail, settings.sender(), context->clock.now());
  if (!rendered)
    return rendered.error();
  try {
    write_whole(fs::path{settings.directory} / file_name_of(mail.message_id), rendered->content);
  } catch (const std::system_error& e) { // a full disk, a missing right
    return caf::make_error(ec::vendor_unavailable, "mail directory: " + e.code().message());
  }
  return mail_sent{mail.message_id};
}

file_mailer_actor::behavior_type file_mailer(file_mailer_actor::stateful_pointer<file_mailer_state> self,
                                             context_ptr context, file_mailer_settings settings) {
  begin(self, context, context->root, "mailer", "file");
  auto& state = self->state;
  state.book = std::make_shared<port_book>(context->telemetry, "mailer", "file");
  state.context = std::move(context);
  state.settings = std::move(settings);
  return {
    [self](const outgoing_mail& mail) -> caf::result<mail_sent> {
      const auto& s = self->state;
      return counted(s.book, "send_mail", [&] { return s.send(mail); });
    },
    [self](const inspect_state&) {
      auto out = self->state.book->shown();
      out["directory"] = self->state.settings.directory;
      return shown(out);
    },
  };
}

} // namespace parley
