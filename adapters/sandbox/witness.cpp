#include "adapters/sandbox/witness.hpp"

#include "adapters/sandbox/http_server.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace parley::sandbox {

using nlohmann::json;

witness::witness(const clock& time, std::vector<territory> territories, const std::string& file)
  : clock_{time}, territories_{std::move(territories)} {
  if (file.empty())
    return;
  file_.open(file, std::ios::app);
  if (!file_)
    throw std::runtime_error{"cannot write the witness log " + file};
}

void witness::record(std::string_view kind, json fields) {
  std::lock_guard lock{mutex_};
  write(kind, std::move(fields));
}

void witness::write(std::string_view kind, json fields) {
  fields["at"] = to_iso(clock_.now());
  fields["kind"] = kind;
  ++counts_[std::string{kind}];
  if (file_.is_open())
    file_ << fields.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
  log_.push_back(std::move(fields));
}

void witness::find(std::string_view what, const std::string& sid, const std::string& to, std::string reason) {
  json finding{{"what", what}, {"at", to_iso(clock_.now())}, {"sid", sid}, {"to", to}, {"reason", std::move(reason)}};
  findings_.push_back(finding);
  write("finding", std::move(finding));
}

void witness::call_created(const std::string& sid, const std::string& to, const std::string& from,
                           const std::string& attempt) {
  std::lock_guard lock{mutex_};
  write("create", {{"sid", sid}, {"to", to}, {"from", from}, {"attempt", attempt}});
  std::string reason;
  if (!attempt.empty() && !attempts_.insert(attempt).second)
    reason = "second call for attempt " + attempt;
  for (const auto& [other, call] : open_)
    if (call.to == to)
      reason += (reason.empty() ? "" : "; ") + ("call " + other + " to this number is not over");
  open_[sid] = {to, attempt};
  if (!reason.empty()) {
    ++double_dials_;
    find("double_dial", sid, to, std::move(reason));
  }
  const auto* place = territory_of(territories_, to);
  if (!may_call(territories_, to, clock_.now())) {
    ++window_violations_;
    find("window_violation", sid, to,
         place ? "not in the lawful hours of " + place->zone->name() + " (" + place->pattern + ")"
               : "the scenario does not know where this number is");
  }
}

void witness::step(const std::string& sid, std::string_view kind, json fields) {
  fields["sid"] = sid;
  if (const auto call = open_.find(sid); call != open_.end())
    fields["to"] = call->second.to;
  write(kind, std::move(fields));
}

void witness::call_rings(const std::string& sid) {
  std::lock_guard lock{mutex_};
  step(sid, "ring", json::object());
}

void witness::call_answered(const std::string& sid, std::string_view by) {
  std::lock_guard lock{mutex_};
  step(sid, "answer", {{"by", by}});
}

void witness::call_ended(const std::string& sid, std::string_view status) {
  std::lock_guard lock{mutex_};
  step(sid, "end", {{"status", status}});
  ++statuses_[std::string{status}];
  open_.erase(sid);
}

json witness::report() const {
  std::lock_guard lock{mutex_};
  auto records = counts_;
  const auto take = [&](const char* kind) {
    const auto count = records.contains(kind) ? records[kind] : 0;
    records.erase(kind);
    return count;
  };
  json calls{{"created", take("create")}, {"rung", take("ring")}, {"answered", take("answer")},
             {"ended", take("end")},      {"open", open_.size()}, {"statuses", statuses_}};
  take("finding");
  return {{"calls", std::move(calls)},
          {"records", records},
          {"double_dials", double_dials_},
          {"window_violations", window_violations_},
          {"findings", findings_}};
}

std::vector<json> witness::events(size_t from, size_t count) const {
  std::lock_guard lock{mutex_};
  from = std::min(from, log_.size());
  count = std::min(count, log_.size() - from);
  const auto begin = log_.begin() + static_cast<ptrdiff_t>(from);
  return {begin, begin + static_cast<ptrdiff_t>(count)};
}

void serve_witness(http_server& server, witness& log) {
  server.route("GET", "/report", [&log](const http_request&, const respond& reply) {
    http_response out;
    out.body = log.report().dump(-1, ' ', false, json::error_handler_t::replace);
    reply(std::move(out));
  });
  server.route("GET", "/events", [&log](const http_request& request, const respond& reply) {
    const auto wanted = value_or(request.query, "from", "0");
    size_t from = 0;
    http_response out;
    if (std::from_chars(wanted.data(), wanted.data() + wanted.size(), from).ec != std::errc{}) {
      out.status = 400;
      out.body = R"({"error":"from must be a line number"})";
    } else {
      out.body = json(log.events(from)).dump(-1, ' ', false, json::error_handler_t::replace);
    }
    reply(std::move(out));
  });
}

} // namespace parley::sandbox
