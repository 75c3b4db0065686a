#include "actors/audit/check.hpp"

#include "actors/call/core.hpp"
#include "actors/campaign/core.hpp"
#include "actors/diary/core.hpp"
#include "actors/line/core.hpp"
#include "actors/prospect/core.hpp"
#include "runtime/journal/replay.hpp"

namespace parley::audit {

namespace {

constexpr const char* from_backup
  = "Restore journal.db and keys.db from one backup (docs/runbook.md); nothing else brings lost events back.";
constexpr const char* keys_belong_together
  = "Restore journal.db and keys.db of the same time; a field that was copied or changed by hand stays unreadable.";
constexpr const char* events_are_the_truth
  = "The events are the truth: keep the store as it is, export the stream (parley journal export --stream ID) and "
    "report it; restore a backup if people must be called before it is mended.";
constexpr const char* rows_follow
  = "The stream is the truth: its next event writes the row anew, until then lists and reports are wrong about it.";

/// The fields of two objects that differ, without their values.
std::string differing(const json& a, const json& b) {
  std::string out;
  const auto add = [&](const std::string& key) { out += (out.empty() ? "" : ", ") + key; };
  for (const auto& [key, value] : a.items())
    if (!b.contains(key) || b.at(key) != value)
      add(key);
  for (const auto& [key, value] : b.items())
    if (!a.contains(key))
      add(key);
  return out;
}

class stream_checker {
public:
  stream_checker(const uuid& stream, const audited_stream& x) : stream_{stream}, x_{x} {
    out_.erased = x.seal == seal_state::erased;
    for (const auto& event : x.events)
      out_.erased = out_.erased || event.seal == seal_state::erased;
  }

  stream_check run(uint16_t shards) {
    if (x_.shard != shard_of(stream_, shards))
      found("home",
            "It lies in shard " + std::to_string(x_.shard) + ", its id belongs to shard "
              + std::to_string(shard_of(stream_, shards)) + ".",
            from_backup);
    const bool whole_chain = check_versions();
    const bool readable = check_seals();
    const auto kind = parse<stream_kind>(x_.kind);
    if (!kind) {
      found("state", "Its kind is no kind of stream.", from_backup);
      return std::move(out_);
    }
    if (!whole_chain || !readable)
      return std::move(out_); // a replay would only say the same
    switch (*kind) {
      case stream_kind::campaign: replay<campaigns::core>({}); break;
      case stream_kind::prospect: {
        prospects::state fresh;
        fresh.id = prospect_id{stream_};
        replay<prospects::core>(std::move(fresh));
        break;
      }
      case stream_kind::line: {
        lines::state fresh;
        fresh.id = line_id{stream_};
        if (const auto now = replay<lines::core>(std::move(fresh)))
          out_.call_up = now->call_up;
        break;
      }
      case stream_kind::call:
        if (const auto now = replay<calls::core>({}))
          out_.call = call_facts{now->phase != calls::phase::ended, now->line, now->slot};
        break;
      case stream_kind::diary: {
        diaries::state fresh;
        fresh.id = manager_id{stream_};
        replay<diaries::core>(std::move(fresh));
        break;
      }
      case stream_kind::count_: break;
    }
    return std::move(out_);
  }

private:
  void found(const char* kind, std::string what, const char* remedy) {
    out_.findings.push_back(
      {(x_.kind.empty() ? "stream" : x_.kind) + " " + to_string(stream_), kind, std::move(what), remedy});
  }

  bool check_versions() {
    if (!x_.damage.empty()) {
      found("chain", "Its events are not whole: " + x_.damage + ".", from_backup);
      return false;
    }
    uint64_t wanted = 1;
    for (const auto& event : x_.events) {
      if (event.version != wanted) {
        found("versions",
              "After version " + std::to_string(wanted - 1) + " comes version " + std::to_string(event.version) + ".",
              from_backup);
        return false;
      }
      ++wanted;
    }
    if (wanted - 1 == x_.version)
      return true;
    found("versions",
          "It is at version " + std::to_string(x_.version) + " and has " + std::to_string(x_.events.size())
            + " events.",
          from_backup);
    return false;
  }

  bool check_seals() {
    bool readable = true;
    for (const auto& event : x_.events)
      if (event.seal == seal_state::damaged) {
        found("seal",
              "The personal fields of version " + std::to_string(event.version) + " (" + event.type + ") do not open.",
              keys_belong_together);
        readable = false;
      }
    if (x_.seal == seal_state::damaged) {
      found("seal", "The personal part of its state does not open.", keys_belong_together);
      readable = false;
    }
    return readable;
  }

  /// The state that the events make, if they can be read.
  template <class Core>
  std::optional<typename Core::state> replay(typename Core::state now) {
    for (const auto& event : x_.events) {
      try {
        Core::apply(now, event_of<Core>({event.type, event.data, event.personal, event.at}));
      } catch (const json::exception& e) { // what it says quotes the event
        found("events",
              "Version " + std::to_string(event.version) + " (" + event.type + ") cannot be read, JSON error "
                + std::to_string(e.id) + ".",
              from_backup);
        return std::nullopt;
      } catch (const std::invalid_argument&) {
        found("events",
              "Version " + std::to_string(event.version) + " (" + event.type
                + ") is no event of this stream, or holds a value that is not known.",
              "Start the Parley that wrote it, or a newer one; else restore a backup (docs/runbook.md).");
        return std::nullopt;
      }
    }
    compare<Core>(now);
    if (!out_.erased) // else the words that rows are made of are gone
      out_.rows = Core::rows(now);
    return now;
  }

  template <class Core>
  void compare(const typename Core::state& now) {
    try {
      const auto stored = Core::restore(json::parse(x_.state),
                                        x_.personal_state.empty() ? json::object() : json::parse(x_.personal_state));
      const auto fields = differing(Core::public_part(now), Core::public_part(stored));
      if (!fields.empty())
        found("state", "The stored state is not what its events make: " + fields + ".", events_are_the_truth);
      else if (const auto words = differing(Core::personal_part(now), Core::personal_part(stored));
               !words.empty() && !out_.erased)
        found("state", "The personal part of the stored state is not what its events make: " + words + ".",
              events_are_the_truth);
    } catch (const json::exception& e) {
      found("state", "The stored state cannot be read, JSON error " + std::to_string(e.id) + ".", events_are_the_truth);
    } catch (const std::exception&) { // a name or an id that is none
      found("state", "The stored state holds a value that is not known.", events_are_the_truth);
    }
  }

  const uuid& stream_;
  const audited_stream& x_;
  stream_check out_;
};

} // namespace

nlohmann::json to_json(const finding& x) {
  return {{"where", x.where}, {"kind", x.kind}, {"what", x.what}, {"remedy", x.remedy}};
}

stream_check check(const uuid& stream, const audited_stream& x, uint16_t shards) {
  return stream_checker{stream, x}.run(shards);
}

/// "calls 0199…: outcome differs" names the row, then what is wrong.
finding row_finding(const std::string& difference) {
  const auto colon = difference.find(": ");
  return {difference.substr(0, colon), "row",
          "The row is not what its stream makes: "
            + (colon == std::string::npos ? difference : difference.substr(colon + 2)) + ".",
          rows_follow};
}

finding orphan_finding(const std::string& row) {
  return {row, "orphan", "There is a row and no stream that it follows from.", from_backup};
}

finding seal_finding(const std::string& field) {
  const auto colon = field.find(": ");
  return {field.substr(0, colon), "seal",
          "A sealed field does not open: " + (colon == std::string::npos ? field : field.substr(colon + 2)) + ".",
          keys_belong_together};
}

} // namespace parley::audit
