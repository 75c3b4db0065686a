#include "actors/control/jobs.hpp"

#include "actors/control/commands.hpp"

#include <algorithm>
#include <cctype>

namespace parley::commands {

job* job_book::begin(std::string id, std::string command, wall_time now) {
  const auto ended = [](const auto& x) { return x->ended.has_value(); };
  const auto over = static_cast<size_t>(std::count_if(jobs_.begin(), jobs_.end(), ended));
  if (jobs_.size() - over >= running_max)
    return nullptr;
  if (over >= ended_max)
    jobs_.erase(std::find_if(jobs_.begin(), jobs_.end(), ended));
  auto one = std::make_unique<job>();
  one->id = std::move(id);
  one->command = std::move(command);
  one->began = now;
  return jobs_.emplace_back(std::move(one)).get();
}

job* job_book::find(const std::string& id) {
  for (const auto& one : jobs_)
    if (one->id == id)
      return one.get();
  return nullptr;
}

static std::string digits_of_id(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != '-')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<const job*> job_book::beginning_with(const std::string& text) const {
  std::vector<const job*> out;
  const auto digits = digits_of_id(text);
  if (digits.size() < id_digits_min)
    return out;
  for (const auto& one : jobs_)
    if (digits_of_id(one->id).starts_with(digits))
      out.push_back(one.get());
  return out;
}

nlohmann::json shown(const job& x) {
  nlohmann::json out{{"job", x.id},
                     {"command", x.command},
                     {"began", x.began},
                     {"phase", x.ended ? "ended" : x.how_far->phase.load()},
                     {"done", x.how_far->done.load()},
                     {"total", x.how_far->total.load()},
                     {"finished", x.ended.has_value()}};
  if (!x.ended)
    return out;
  out["ended"] = *x.ended;
  if (x.error.empty()) {
    out["result"] = nlohmann::json::parse(x.result, nullptr, false);
  } else {
    out["error"] = x.error;
    out["message"] = x.message;
  }
  return out;
}

namespace {

void job_list(control_state& s, const args&, answer reply) {
  auto out = args::array();
  for (const auto& one : s.jobs.all()) {
    auto row = shown(*one);
    row.erase("result"); // may be long; `job show` has it
    out.push_back(std::move(row));
  }
  say(reply, out);
}

std::string candidate_jobs(const std::vector<const job*>& found) {
  constexpr size_t named_max = 8;
  std::string out;
  for (size_t i = 0; i < found.size() && i < named_max; ++i)
    out += (i == 0 ? "" : "; ") + found[i]->command + " (" + to_iso(found[i]->began) + ") " + found[i]->id;
  return out + (found.size() > named_max ? "; and others" : "");
}

void job_show(control_state& s, const args& a, answer reply) {
  const auto id = needed_text(a, "job", "give its id, as the command answered, or the beginning of it");
  const auto found = s.jobs.beginning_with(id);
  if (found.size() == 1)
    return say(reply, shown(*found.front()));
  if (!found.empty())
    return refuse(reply, "job: \"" + id + "\" could be " + candidate_jobs(found) + "; give the id");
  reply(caf::make_error(ec::not_found, "job: there is no \"" + id
                                         + "\"; only the last ones are kept, and none over "
                                           "a restart of the node"));
}

} // namespace

void add_job_commands(table& commands) {
  commands["job list"] = job_list;
  commands["job show"] = job_show;
}

} // namespace parley::commands
