#include "adapters/cli/long_command.hpp"

#include <unistd.h>

#include <thread>

namespace parley::cli {

using namespace std::chrono_literals;

progress_line::progress_line(bool json, std::chrono::seconds plain_every)
  : live_{is_screen(STDERR_FILENO)}, quiet_{json && !live_}, plain_every_{plain_every}, next_{steady::now()
                                                                                              + plain_every} {}

progress_line::~progress_line() {
  if (live_ && !shown_.empty())
    std::cerr << "\r\033[K" << std::flush;
}

void progress_line::show(const std::string& text) {
  if (quiet_ || text == shown_)
    return;
  if (live_) {
    std::cerr << "\r\033[K" << text << std::flush;
  } else if (steady::now() >= next_) {
    std::cerr << text << std::endl;
    next_ = steady::now() + plain_every_;
  } else {
    return;
  }
  shown_ = text;
}

std::string progress_text(const ordered_json& job) {
  const auto done = job.value("done", uint64_t{0});
  const auto total = job.value("total", uint64_t{0});
  auto text = job.value("phase", std::string{});
  if (total > 0)
    text += " " + std::to_string(done) + " of " + std::to_string(total) + " ("
            + std::to_string(std::min<uint64_t>(100, done * 100 / total)) + " %)";
  else if (done > 0)
    text += " " + std::to_string(done);
  return text;
}

ordered_json ask_long(const shared& s, const std::string& command, arguments args) {
  args["background"] = true;
  auto job = s.ask(command, std::move(args));
  const arguments which{{"job", job.at("job").get<std::string>()}};
  progress_line line{s.options.json};
  auto pause = 20ms;
  while (!job.value("finished", false)) {
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds{500}); // most are over in a moment
    job = s.ask("job show", which);
    line.show(progress_text(job));
  }
  if (job.contains("error"))
    throw command_failed{job["error"].get<std::string>(), job.value("message", std::string{}), exit_refused};
  return job.at("result");
}

} // namespace parley::cli
