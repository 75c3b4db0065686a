#include "cluster/journal/journal_command.hpp"

#include "actors/audit/exported.hpp"
#include "adapters/cli/command_line.hpp"
#include "adapters/cli/long_command.hpp"
#include "cluster/journal/stopped_store.hpp"
#include "cluster/node_settings.hpp"

#include <iostream>

namespace parley::journal_tools {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

/// Where the journal is.
struct place {
  std::string config;
  std::string data_dir;
  bool stopped() const { return !config.empty() || !data_dir.empty(); }

  std::unique_ptr<stopped_store> open() const {
    if (config.empty()) {
      sqlite_settings out;
      out.data_dir = data_dir;
      return std::make_unique<stopped_store>(out);
    }
    const auto node = node_settings::load(config);
    return node.journal_provider == "postgres" ? std::make_unique<stopped_store>(node.postgres)
                                               : std::make_unique<stopped_store>(node.journal);
  }
};

struct verify_order {
  place where;
  int64_t limit = 1000;
};

struct export_order {
  place where;
  std::string since, until, stream, campaign, prospect;
  bool personal = false;
};

using shared_ptr = cli::shared_ptr;

void add_place(CLI::App* command, place& where) {
  auto* config = command->add_option("--config", where.config,
                                     "on a stopped node: its settings file (data_dir and master_key_file count)");
  command->add_option("--data-dir", where.data_dir, "on a stopped node: the folder of its store, or of a backup")
    ->excludes(config);
}

/// A stopped store's problems are told as the node's are.
template <class F>
auto with_store(const place& where, F&& work) {
  try {
    const auto store = where.open();
    return work(*store);
  } catch (const store_unusable& e) {
    throw cli::command_failed{"store_unusable", e.what(), cli::exit_refused};
  }
}

void print_report(const cli::shared& s, const ordered_json& x) {
  const auto total = x.value("findings_total", int64_t{0});
  for (const auto& one : x["findings"]) {
    std::cout << s.paint.bold(cli::plain(one["where"])) << ": " << cli::plain(one["what"]) << '\n';
    for (const auto& line : cli::wrapped(cli::plain(one["remedy"]), 76))
      std::cout << "    " << line << '\n';
  }
  if (total > static_cast<int64_t>(x["findings"].size()))
    std::cout << "and " << total - static_cast<int64_t>(x["findings"].size()) << " more; --limit shows them\n";
  std::cout << cli::counted(x["streams"], "stream", "streams") << ", " << cli::counted(x["events"], "event", "events")
            << ", " << cli::counted(x["rows"], "row", "rows") << " and "
            << cli::counted(x["sealed_fields"], "further sealed field", "further sealed fields")
            << " checked: " << (total == 0 ? "all is as it should be" : cli::counted(total, "finding", "findings"))
            << '\n';
  const auto note = [&](const char* key, const char* text) {
    if (const auto n = x.value(key, int64_t{0}); n > 0)
      std::cout << n << text << '\n';
  };
  note("streams_erased", " of the streams are of people who were erased: compared without their words");
  note("streams_busy", " of the streams moved on at each look and were not compared; check again");
  note("lines_unsettled", " of the lines will hear of the end of their call when the node starts");
}

ordered_json verify_stopped(const cli::shared& s, const verify_order& order) {
  return with_store(order.where, [&](const stopped_store& store) {
    cli::progress_line line{s.options.json};
    return ordered_json(
      store.verify(static_cast<uint32_t>(order.limit), [&](const char* phase, uint64_t done, uint64_t total) {
        line.show(cli::progress_text({{"phase", phase}, {"done", done}, {"total", total}}));
      }));
  });
}

void verify(const cli::shared& s, const verify_order& order) {
  const auto answer
    = order.where.stopped() ? verify_stopped(s, order) : cli::ask_long(s, "journal verify", {{"limit", order.limit}});
  if (!s.as_json(answer))
    print_report(s, answer);
  if (answer.value("findings_total", 0) > 0)
    throw CLI::RuntimeError(cli::exit_refused);
}

void print_event(const ordered_json& event) {
  std::cout << event.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

template <class Id>
Id id_of(const std::string& text, const char* name) {
  if (text.empty())
    return {};
  const auto id = parse_uuid(text);
  if (!id)
    throw cli::command_failed{"invalid_input",
                              std::string{name} + ": \"" + text
                                + "\" is no id; on a stopped store "
                                  "only ids are known, as 0199a3c2-...",
                              cli::exit_usage};
  return Id{*id};
}

std::optional<wall_time> instant_of(const std::string& text, const char* name) {
  if (text.empty())
    return std::nullopt;
  const auto at = parse_iso(text);
  if (!at)
    throw cli::command_failed{"invalid_input",
                              std::string{name} + ": \"" + text + "\" is no instant; write it as 2026-12-03T14:00:00Z",
                              cli::exit_usage};
  return at;
}

void export_stopped(const export_order& order) {
  export_events ask;
  ask.since = instant_of(order.since, "since");
  ask.until = instant_of(order.until, "until");
  ask.stream = id_of<uuid>(order.stream, "stream");
  ask.prospect = id_of<prospect_id>(order.prospect, "prospect");
  ask.personal = order.personal;
  with_store(order.where, [&](const stopped_store& store) {
    if (!order.campaign.empty())
      ask.campaign = store.campaign(order.campaign);
    for (bool more = true; more;) {
      const auto page = store.read(ask);
      for (const auto& event : page.events)
        print_event(audit::to_json(event, order.personal));
      more = page.more;
      if (more)
        ask.after = page.events.back().position;
    }
  });
}

void export_running(const cli::shared& s, const export_order& order) {
  json args{{"personal", order.personal}};
  for (const auto& [name, value] : {std::pair{"since", &order.since},
                                    {"until", &order.until},
                                    {"stream", &order.stream},
                                    {"campaign", &order.campaign},
                                    {"prospect", &order.prospect}})
    if (!value->empty())
      args[name] = *value;
  for (bool more = true; more;) {
    const auto page = s.ask("journal export", args);
    for (const auto& event : page["events"])
      print_event(event);
    more = page.value("more", false);
    args["after"] = page.value("after", uint64_t{0});
  }
}

void add_verify(CLI::App* group, const shared_ptr& s) {
  auto order = std::make_shared<verify_order>();
  auto* command = cli::add_command(
    group, "verify",
    "Whether the journal is sound: every stream's events make its state and its rows, versions have no gaps, sealed "
    "fields open or are erased, calls and lines agree. Changes nothing. Exit code 1 when something is found",
    "journal verify --config config/parley.toml");
  add_place(command, order->where);
  command->add_option("--limit", order->limit, "findings to list")
    ->capture_default_str()
    ->check(CLI::Range(1, 100'000));
  command->callback([s, order] { verify(*s, *order); });
}

void add_export(CLI::App* group, const shared_ptr& s) {
  auto order = std::make_shared<export_order>();
  auto* command = cli::add_command(
    group, "export",
    "The events as JSON lines, in the order of their commits. Personal fields (names, numbers, words) stay sealed "
    "unless --personal is given",
    "journal export --since 2026-12-01T00:00:00Z --campaign Spring > events.jsonl");
  add_place(command, order->where);
  command->add_option("--since", order->since, "only events from this instant on");
  command->add_option("--until", order->until, "only events before this instant");
  auto* stream = command->add_option("--stream", order->stream, "only this stream's, by id");
  auto* campaign = command->add_option("--campaign", order->campaign, "only this campaign's and its calls'");
  auto* prospect = command->add_option("--prospect", order->prospect, "only this person's and their calls'");
  stream->excludes(campaign)->excludes(prospect);
  campaign->excludes(prospect);
  command->add_flag(
    "--personal,!--no-personal", order->personal,
    "open the personal fields, too: the output then names and quotes people, and no erasure reaches it");
  command->callback([s, order] { order->where.stopped() ? export_stopped(*order) : export_running(*s, *order); });
}

} // namespace

void add_journal(CLI::App& app, cli::global_options& options) {
  const auto s = std::make_shared<const cli::shared>(cli::shared{options, cli::painter{cli::is_terminal(1)}});
  auto* group = cli::group_of(app, "journal");
  add_verify(group, s);
  add_export(group, s);
}

} // namespace parley::journal_tools
