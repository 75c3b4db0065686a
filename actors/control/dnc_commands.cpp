#include "actors/compliance/numbers.hpp"
#include "actors/control/commands.hpp"
#include "actors/control/import/dnc_list.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>

namespace parley::commands {

namespace {

/// Numbers of an imported list per message: some megabytes, some 100 ms.
constexpr uint64_t numbers_at_once = 100'000;
/// More unreadable lines than this in a hundred, and the file is not what it
/// is taken for, or is damaged.
constexpr uint64_t rejected_percent_max = 1;
/// A copy with less than this share of the one that it would replace is taken
/// for a part of the list: one area code's file, or another list by mistake.
constexpr uint64_t kept_percent_min = 50;

/// A file on its way into the store, read as it goes.
struct list_import {
  list_import(const std::string& file, dnc_options options, const calling_rules& rules)
    : in{open_file(file)}, reader{in, std::move(options), rules} {}

  std::ifstream in;
  dnc_list_reader reader;
  std::string list; ///< internal, national, or a state's two letters
  std::string version;
  wall_time date{};
  uint64_t skipped = 0;  ///< numbers of other countries, which the list is not about
  uint64_t in_force = 0; ///< numbers of the copy that it would replace
  bool smaller = false;  ///< it may have far fewer than that
  bool first = true;
  progress_ptr how_far;

  void note_progress() { how_far->done = reader.summary().accepted + reader.summary().rejected; }
};
using import_ptr = std::shared_ptr<list_import>;

args rejected_rows(const list_import& x) {
  auto out = args::array();
  for (const auto& p : x.reader.summary().problems)
    out.push_back({{"line", p.line}, {"reason", p.reason}});
  return out;
}

args summary_of(const list_import& x) {
  const auto& read = x.reader.summary();
  return {{"list", x.list},
          {"accepted", read.accepted - x.skipped},
          {"skipped", x.skipped},
          {"rejected", read.rejected},
          {"rejected_rows", rejected_rows(x)}};
}

/// Why the file, now that it is read, cannot be the list.
std::optional<std::string> problem_with(const list_import& x) {
  const auto& read = x.reader.summary();
  const auto lines = read.accepted + read.rejected;
  std::string which;
  for (size_t i = 0; i < read.problems.size(); ++i)
    which += (i == 0 ? "line " : "; line ") + std::to_string(read.problems[i].line) + ": " + read.problems[i].reason;
  if (read.rejected > read.problems.size())
    which += "; and " + std::to_string(read.rejected - read.problems.size()) + " more";
  if (read.accepted == x.skipped)
    return "file: there is no usable number in it, so nothing was changed; it needs one number per line"
           + (which.empty() ? "" : " (" + which + ")");
  // Numbers that we cannot read are numbers that we would call.
  if (x.list != "internal" && read.rejected * 100 > lines * rejected_percent_max)
    return "file: " + std::to_string(read.rejected) + " of " + std::to_string(lines)
           + " lines cannot be read, so nothing was changed; correct them or fetch the list again (" + which + ")";
  if (x.list != "internal" && read.change_line > 0)
    return "file: line " + std::to_string(read.change_line)
           + " says A or D behind its number: this is a list of changes. Nothing was changed; a copy is replaced as a "
             "whole, so download the full list";
  const auto numbers = read.accepted - x.skipped; // with doubled ones, of which a list has few
  if (!x.smaller && numbers * 100 < x.in_force * kept_percent_min)
    return "file: it has " + std::to_string(numbers) + " numbers and the copy in force has "
           + std::to_string(x.in_force)
           + "; nothing was changed. A copy is replaced as a whole: import the whole list, of all area codes. Our own "
             "list is imported with --list internal, a state's with --state. If the list has really become so short, "
             "add --smaller";
  return std::nullopt;
}

// --- dials that were begun before ------------------------------------------------------

/// A dial that was decided before an entry counts may be on its way to the
/// carrier for as long as its slot is good. Answers with what was done once all
/// that were out when the list came into force are settled. Not asked of each
/// line, which may be hundreds of thousands: the pacer knows every slot.
void say_when_settled(control_state& s, args done, const progress_ptr& how_far, const answer& reply) {
  how_far->now("waits for dials under way");
  const auto tell = [reply](args out, bool settled) {
    out["settled"] = settled;
    if (!settled)
      out["sentence"] = "The list is in force. A call that was begun before may still ring: what became of it is not "
                        "known yet.";
    say(reply, out);
  };
  s.self->request(s.ctx->pacer, s.ctx->settings.vendor_timeout, settle_dials{})
    .then([tell, done](const dials_settled& x) { tell(done, x.unknown == 0); },
          [&s, tell, done](const caf::error& e) {
            spdlog::warn("do-not-call list: whether dials are under way is not known ({})", s.self->system().render(e));
            tell(done, false);
          });
}

// --- lists of others: the national one, the states' ----------------------------------

/// The ten digits of a number of the North American plan, as the store has
/// them.
std::optional<int64_t> national_digits(std::string_view e164) {
  if (e164.size() != 12 || !e164.starts_with("+1"))
    return std::nullopt;
  return std::stoll(std::string{e164.substr(2)});
}

// The last part is sent when all of the file is read and found good: it is
// what puts the new copy in force.
void import_part(control_state& s, const import_ptr& x, const answer& reply) {
  import_national_list part;
  part.list = x->list;
  part.version = x->version;
  part.date = x->date;
  part.at = s.ctx->clock.now();
  part.first = std::exchange(x->first, false);
  part.last = !x->reader.read(numbers_at_once, [&](std::string_view e164) {
    if (const auto digits = national_digits(e164))
      part.numbers.push_back(*digits);
    else
      ++x->skipped;
  });
  x->note_progress();
  const bool last = part.last;
  if (last)
    if (const auto problem = problem_with(*x))
      return refuse(reply, *problem);
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout * 6, std::move(part))
    .then(
      [&s, x, reply, last](const national_list_imported& stored) {
        if (!last) {
          if (const auto problem = problem_of([&] { import_part(s, x, reply); }))
            refuse(reply, *problem);
          return;
        }
        auto done = summary_of(*x);
        done["numbers"] = stored.numbers;
        done["version"] = x->version;
        done["date"] = x->date;
        say_when_settled(s, std::move(done), x->how_far, reply);
      },
      fails(reply));
}

/// Asks how many numbers the copy in force has, then reads the file.
void replace_copy(control_state& s, const import_ptr& x, const answer& reply) {
  report_query question;
  question.kind = report_kind::store_figures;
  question.now = s.ctx->clock.now();
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(question))
    .then(
      [&s, x, reply](const report& figures) {
        const auto problem = problem_of([&] {
          for (const auto& copy : args::parse(figures.json).value("do_not_call_lists", args::array()))
            if (copy.at("list") == x->list)
              x->in_force = copy.at("count");
          import_part(s, x, reply);
        });
        if (problem)
          refuse(reply, *problem);
      },
      fails(reply));
}

// --- our own list ----------------------------------------------------------------------

/// Appends the rows, each in its line's shard, then calls `then`. An answer to
/// the command before that is an error: what failed is not stored.
void store(control_state& s, const std::vector<suppression_row>& rows, const answer& reply,
           const std::function<void()>& then) {
  std::map<uint16_t, append> batches;
  for (const auto& row : rows) {
    auto& batch = batches[shard_of(row.line, s.ctx->shard_count)];
    batch.rows.push_back(row);
  }
  auto waiting = std::make_shared<size_t>(batches.size());
  for (auto& [shard, batch] : batches) {
    batch.shard = shard;
    batch.epoch = s.ctx->epoch;
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(batch))
      .then(
        [waiting, then](const committed&) {
          if (--*waiting == 0)
            then();
        },
        fails(reply));
  }
}

suppress_line order_of(const suppression_row& row, bool only_awake) {
  return {row.line, row.source, row.reason, row.removed, only_awake};
}

/// A line keeps its own word of a suppression, for the moment between its look
/// at the list and its dial.
void tell_line(control_state& s, const suppression_row& row, bool only_awake) {
  tell_to(s.self, *s.ctx, entity::line, row.line, order_of(row, only_awake));
}

/// Answers when the number's line says that nothing is dialled any more. The
/// entry is stored: where the line cannot say so in time, the answer does.
void ask_line(control_state& s, const suppression_row& row, args done, const answer& reply) {
  s.self->request(s.ctx->door_of(row.line), s.ctx->settings.vendor_timeout, order_of(row, false))
    .then(
      [reply, done](const line_settled& x) {
        auto out = done;
        out["settled"] = x.known;
        if (x.call)
          out["call"] = *x.call;
        if (!x.known)
          out["sentence"] = "A call that was begun before may still ring: the carrier has not said what became of it.";
        else if (x.call)
          out["sentence"] = "A call that was begun before is not over yet.";
        say(reply, out);
      },
      [&s, reply, done, line = row.line](const caf::error& e) {
        spdlog::warn("line {}: whether a dial is under way is not known ({})", to_string(line),
                     s.self->system().render(e));
        auto out = done;
        out["settled"] = false;
        out["sentence"] = "The entry is stored, but whether a call was begun before could not be found out: it may "
                          "still ring.";
        say(reply, out);
      });
}

void suppress_part(control_state& s, const import_ptr& x, const answer& reply) {
  auto rows = std::make_shared<std::vector<suppression_row>>();
  const auto now = s.ctx->clock.now();
  const bool more = x->reader.read(rows_at_once, [&](std::string_view e164) {
    rows->push_back({s.ctx->hasher.line(e164), "import", "do-not-call list", now, false});
  });
  x->note_progress();
  const auto next = [&s, x, reply, rows, more] {
    for (const auto& row : *rows)
      tell_line(s, row, true);
    if (more)
      if (const auto problem = problem_of([&] { suppress_part(s, x, reply); }))
        return refuse(reply, *problem);
    if (more)
      return;
    if (const auto problem = problem_with(*x))
      return refuse(reply, *problem);
    say_when_settled(s, summary_of(*x), x->how_far, reply);
  };
  if (rows->empty())
    return next();
  store(s, *rows, reply, next);
}

// --- arguments ---------------------------------------------------------------------------

std::string number_of(control_state& s, const args& a) {
  const auto parsed = parse_number(needed_text(a, "number", "give a phone number"), s.node.home_region, *s.rules);
  if (const auto* problem = std::get_if<number_problem>(&parsed))
    throw std::invalid_argument{"number: " + problem->sentence};
  return std::get<phone_number>(parsed).e164;
}

wall_time written_at(const std::string& file) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file, error);
  if (error)
    throw std::invalid_argument{"file: " + file + " cannot be read (" + error.message() + ")"};
  return std::chrono::time_point_cast<wall_time::duration>(std::chrono::file_clock::to_sys(time));
}

std::string list_of(control_state& s, const args& a) {
  auto list = text_or(a, "list", "national");
  if (list != "national" && list != "internal")
    throw std::invalid_argument{"list: \"" + list
                                + "\" is neither national nor internal; a state's list is imported with state"};
  const auto state = text_or(a, "state", {});
  if (state.empty())
    return list;
  if (list == "internal")
    throw std::invalid_argument{"state: our own list is of no state; leave out one of list and state"};
  const auto code = parse_state(state, *s.rules);
  if (!code)
    throw std::invalid_argument{"state: \"" + state + "\" is no state; write its two letters, as in FL"};
  return *code;
}

/// The day that is given, else when the file was last written: to import an old
/// file again makes it no younger. In practice, where time is made up, now.
wall_time date_of(control_state& s, const args& a, const std::string& file) {
  const auto now = s.ctx->clock.now();
  const auto text = text_or(a, "date", {});
  if (text.empty() && s.node.mode != "LIVE")
    return now;
  if (text.empty())
    return std::min(now, written_at(file));
  const auto date = parse_date(text);
  if (!date)
    throw std::invalid_argument{"date: \"" + text + "\" is no date; write it as 2026-11-20"};
  if (*date > now)
    throw std::invalid_argument{"date: " + text + " is still to come; give the day on which the list was made"};
  return *date;
}

void dnc_import(control_state& s, const args& a, answer reply) {
  const auto file = needed_text(a, "file", "name a list: one number per line");
  const auto list = list_of(s, a);
  const auto date = date_of(s, a, file);
  const auto version = text_or(a, "version", "imported " + to_iso(s.ctx->clock.now()));
  dnc_options options;
  options.home_region = s.node.home_region;
  const auto x = std::make_shared<list_import>(file, std::move(options), *s.rules);
  x->how_far = s.progress_of(a);
  x->how_far->now("takes numbers");
  x->list = list;
  x->version = version;
  x->date = date;
  x->smaller = flag_or(a, "smaller", false);
  if (list == "internal")
    suppress_part(s, x, reply);
  else
    replace_copy(s, x, reply);
}

handler dnc_change(bool remove) {
  return [remove](control_state& s, const args& a, answer reply) {
    const auto number = number_of(s, a);
    const suppression_row row{s.ctx->hasher.line(number), "command", text_or(a, "reason", "by command"),
                              s.ctx->clock.now(), remove};
    store(s, {row}, reply, [&s, row, number, remove, reply] {
      const args done{{"number", number}, {"do_not_call", !remove}};
      if (!remove)
        return ask_line(s, row, done, reply);
      tell_line(s, row, false);
      say(reply, done);
    });
  };
}

void dnc_check(control_state& s, const args& a, answer reply) {
  const auto number = number_of(s, a);
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, check_lists{s.ctx->hasher.line(number), number})
    .then(
      [reply, number](const list_hits& x) {
        args out{{"number", number}, {"internal", x.internal}, {"national", false}};
        auto states = args::object();
        for (const auto& copy : x.lists) {
          if (copy.list == "national") {
            out["national"] = copy.listed;
            out["national_version"] = copy.version;
            out["national_date"] = copy.date;
          } else {
            states[copy.list] = {{"listed", copy.listed}, {"version", copy.version}, {"date", copy.date}};
          }
        }
        out["states"] = std::move(states);
        say(reply, out);
      },
      fails(reply));
}

} // namespace

void add_dnc_commands(table& commands) {
  commands["dnc import"] = dnc_import;
  commands["dnc add"] = dnc_change(false);
  commands["dnc remove"] = dnc_change(true);
  commands["dnc check"] = dnc_check;
}

} // namespace parley::commands
