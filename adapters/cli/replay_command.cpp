// `parley call replay`: what was known after each event beside what was said,
// and what another prompt would have told the model.
#include "adapters/cli/command_line.hpp"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <sstream>

namespace parley::cli {

namespace {

// Columns: together with the gaps between them 80.
constexpr size_t stage_columns = 17; ///< "value_proposition"
constexpr size_t words_columns = 33;

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  if (!in || out.str().empty())
    throw command_failed{"invalid_input", "--prompt: " + path + " cannot be read or is empty", exit_usage};
  return out.str();
}

std::string as_clock(double seconds) {
  const auto whole = static_cast<int64_t>(seconds);
  std::ostringstream out;
  if (whole < 6000)
    out << whole / 60 << ':' << std::setw(2) << std::setfill('0') << whole % 60;
  else // a clock that runs ahead, or an end that was heard of hours later
    out << whole / 3600 << 'h' << std::setw(2) << std::setfill('0') << whole % 3600 / 60;
  return out.str();
}

/// What happened, in words: said, noted, or the fields that it changed.
std::string told(const ordered_json& step) {
  if (step.contains("said"))
    return (step["said"]["who"] == "agent" ? "agent: " : "person: ") + plain(step["said"]["text"])
           + (step["said"].value("interrupted", false) ? " (interrupted)" : "");
  if (step.value("erased", false))
    return plain(step["type"]) + " (words erased)";
  std::string out = plain(step["type"]);
  if (step.contains("noted")) {
    out = plain(step["noted"]["kind"]);
    std::string known;
    for (const auto& [key, value] : step["bant"].items())
      known += (known.empty() ? "" : ", ") + key + " " + plain(value);
    if (out == "observation")
      out += ": score " + plain(step["score"]) + (known.empty() ? "" : "; " + known);
    return out;
  }
  std::string changed;
  for (const auto& [key, value] : step["changed"].items())
    if (value.is_primitive() && !value.is_null() && key != "id" && key != "phase" && key != "stage"
        && key != "sentiment" && !key.ends_with("_at"))
      changed += (changed.empty() ? ": " : ", ") + key + " " + shortened(plain(value), 24);
  // What a call is born with is in the heading of every list.
  return step["version"] == 1 ? out : out + changed;
}

void print_steps(const shared& s, const ordered_json& steps) {
  const auto line = [](const std::string& n, const std::string& at, const std::string& phase, const std::string& stage,
                       const std::string& sent, const std::string& words) {
    std::ostringstream out;
    out << std::right << std::setw(4) << n << ' ' << std::setw(5) << at << ' ' << std::left << std::setw(9)
        << phase.substr(0, 9) << ' ' << std::setw(stage_columns) << stage.substr(0, stage_columns) << ' ' << std::right
        << std::setw(5) << sent << ' ' << words;
    return out.str();
  };
  std::cout << s.paint.faint(line("#", "time", "phase", "stage", "mood", "what was said and noted")) << '\n';
  std::string phase, stage;
  for (const auto& step : steps) {
    std::ostringstream mood;
    mood << std::showpos << std::fixed << std::setprecision(2) << step.value("sentiment", 0.0);
    // Only what is new catches the eye.
    const auto new_phase = plain(step["phase"]);
    const auto new_stage = plain(step["stage"]);
    bool first = true;
    for (const auto& words : wrapped(told(step), words_columns)) {
      if (first)
        std::cout << line(plain(step["version"]), as_clock(step.value("seconds", 0.0)),
                          new_phase == phase ? "" : new_phase, new_stage == stage ? "" : new_stage, mood.str(), words);
      else
        std::cout << line("", "", "", "", "", words);
      std::cout << '\n';
      first = false;
    }
    phase = new_phase;
    stage = new_stage;
  }
}

/// Unchanged lines shown around each change; between two changes that are far
/// apart, one line stands for all that is left out.
constexpr size_t diff_context = 2;

void print_diff(const shared& s, const ordered_json& diff) {
  std::vector<std::string> lines;
  for (const auto& entry : diff)
    lines.push_back(plain(entry));
  std::vector<bool> shown(lines.size(), false);
  for (size_t i = 0; i < lines.size(); ++i)
    if (lines[i].front() != ' ')
      for (auto near = i - std::min(i, diff_context); near < std::min(lines.size(), i + diff_context + 1); ++near)
        shown[near] = true;
  if (std::ranges::find(shown, true) == shown.end()) {
    std::cout << "both say the same\n";
    return;
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!shown[i]) {
      if (i == 0 || shown[i - 1])
        std::cout << s.paint.faint("  …") << '\n';
      continue;
    }
    const char sign = lines[i].front();
    bool first = true;
    for (const auto& part : wrapped(lines[i].substr(1), 76)) {
      const auto out = std::string{sign} + (first ? " " : "   ") + part;
      std::cout << (sign == '-' ? s.paint.red(out) : sign == '+' ? s.paint.green(out) : out) << '\n';
      first = false;
    }
    if (first)
      std::cout << sign << '\n';
  }
}

void print_what_if(const shared& s, const ordered_json& tried) {
  std::cout << s.paint.faint("- with the campaign's prompt, + with this one") << '\n';
  for (const auto& point : tried) {
    std::cout << "\nEvent " << plain(point["version"]) << ", " << plain(point["event"]) << ": ";
    if (point.value("sent", false)) {
      std::string types;
      for (const auto& message : point["own"])
        types += (types.empty() ? "" : ", ") + plain(message["type"])
                 + (plain(message["reason"]) == "-" ? "" : " (" + plain(message["reason"]) + ")");
      std::cout << types << " went to the model.\n";
    } else {
      std::cout << "nothing was sent; these instructions were in force.\n";
    }
    print_diff(s, point["diff"]);
  }
  if (tried.size() <= 1)
    std::cout << "\nNothing was sent to the model after that.\n";
}

} // namespace

void add_replay_command(CLI::App& app, const shared_ptr& s) {
  struct wanted {
    std::string call, prompt;
    int64_t from = 0;
  };
  auto w = std::make_shared<wanted>();
  auto* replay = add_command(
    group_of(app, "call"), "replay",
    "A call's events once more: what was known after each, beside what was said. With another prompt: what the "
    "model would have been told from one of them on, wherever it was told something",
    "call replay \"Samuel Adeyemi\" --from 14 --prompt conversation.md");
  replay->add_option("call", w->call, "id, or the name or number of the person")->required();
  auto* from = replay->add_option("--from", w->from, "number of the first event to try the prompt at")
                 ->check(CLI::Range(1, 1'000'000));
  replay
    ->add_option("--prompt", w->prompt,
                 "file with a template as config/prompts/conversation.md; its answer is shown as a diff")
    ->needs(from);
  from->needs(replay->get_option("--prompt"));
  replay->callback([s, w] {
    arguments args{{"call", w->call}};
    if (!w->prompt.empty()) {
      args["from"] = w->from;
      args["prompt"] = read_file(w->prompt);
    }
    const auto answer = s->ask("call replay", std::move(args));
    if (s->as_json(answer))
      return;
    if (answer.contains("what_if"))
      return print_what_if(*s, answer["what_if"]);
    print_steps(*s, answer["steps"]);
  });
}

} // namespace parley::cli
