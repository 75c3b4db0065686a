// `call recording`: a call's recording as a file.
#include "actors/control/commands.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace parley::commands {

namespace {

/// Writes a new file that only its owner may read; what cannot be written whole
/// is not there afterwards. @throws std::invalid_argument
void write_private(const std::string& file, const std::string& bytes) {
  const auto wrong = [&](int error) {
    const std::string remedy = error == EEXIST ? "exists already; choose another file"
                                               : std::string{"cannot be written: "} + std::strerror(error);
    return std::invalid_argument{"out: \"" + file + "\" " + remedy};
  };
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    throw wrong(errno);
  size_t written = 0;
  int error = 0;
  while (written < bytes.size() && error == 0) {
    const auto step = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (step > 0)
      written += static_cast<size_t>(step);
    else if (step < 0 && errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fsync(fd) != 0)
    error = errno;
  if (::close(fd) != 0 && error == 0)
    error = errno;
  if (error != 0) {
    ::unlink(file.c_str());
    throw wrong(error);
  }
}

void give(const recording_row& row, const std::string& file, const answer& reply) {
  if (row.audio.empty())
    return refuse(reply, "call: its recording was erased with the person's data");
  if (const auto problem = problem_of([&] { write_private(file, row.audio); }))
    return refuse(reply, *problem);
  say(reply, {{"call", row.call},
              {"file", file},
              {"bytes", row.audio.size()},
              {"content_type", row.content_type},
              {"seconds", row.duration_seconds}});
}

void call_recording(control_state& s, const args& a, answer reply) {
  const auto file = needed_text(a, "out", "name the file to write");
  if (!std::filesystem::path{file}.is_absolute())
    throw std::invalid_argument{"out: \"" + file
                                + "\" is no absolute path; the node writes the file, so write it from /"};
  with_call(s, a, reply, [&s, file, reply](call_id call) {
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_recording{call})
      .then([file, reply](const recording_row& row) { give(row, file, reply); },
            [reply](caf::error& e) {
              if (e == ec::not_found)
                return reply(caf::make_error(
                  ec::not_found, std::string{"call: there is no recording of it here. Calls are recorded with "
                                             "record_calls in their campaign; one that has just ended comes within a "
                                             "minute, and what keeps it stands in the node's log"}));
              reply(std::move(e));
            });
  });
}

} // namespace

void add_recording_commands(table& commands) {
  commands["call recording"] = call_recording;
}

} // namespace parley::commands
